#include "cli/confirm.h"

#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "cli/output.h"

namespace lifeboat::cli {

bool confirmed(const Confirmation& confirmation, const std::string& what_happens) {
    if (confirmation.dry_run) {
        std::cerr << "would: " << shown(what_happens) << '\n';
        return false;
    }
    if (confirmation.yes) return true;
    if (::isatty(STDIN_FILENO) == 0)
        throw Error(ErrorCategory::InvalidInput, "ConfirmationRequired",
                    "this will " + what_happens + "; say --yes to go ahead, --dry-run to see only");
    std::cerr << "This will " << shown(what_happens) << ".\nGo ahead? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "yes") return true;
    std::cerr << "Nothing was changed.\n";
    return false;
}

}  // namespace lifeboat::cli
