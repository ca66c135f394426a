// The question before something is destroyed.
#pragma once

#include <string>

namespace lifeboat::cli {

struct Confirmation {
    bool yes = false;      // --yes
    bool dry_run = false;  // --dry-run
};

// True: go ahead. With --yes at once; on a terminal after asking; else Error{InvalidInput,
// "ConfirmationRequired"}. With --dry-run prints what would happen and returns false.
bool confirmed(const Confirmation& confirmation, const std::string& what_happens);

}  // namespace lifeboat::cli
