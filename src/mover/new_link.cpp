#include "mover/new_link.h"

#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "mover/temporary.h"
#include "os/directory.h"

namespace lifeboat::mover {

std::string make_link(int root, const HardLinks::Target& target, int directory,
                      const std::string& name, const std::string& temporary,
                      const std::function<void()>& clear_place) {
    const auto slash = target.path.rfind('/');
    const std::string above = slash == std::string::npos ? "" : target.path.substr(0, slash);
    const std::string base =
        slash == std::string::npos ? target.path : target.path.substr(slash + 1);
    std::string why;
    try {
        const os::UniqueFd from = os::open_directory_below(root, above);
        Temporary link(directory, temporary);
        if (::linkat(from.get(), base.c_str(), directory, temporary.c_str(), 0) != 0)
            throw error_from_errno(errno, "link to '" + target.path + "'");
        fault::reach("mover.hard-link-created");
        const auto made = look(directory, temporary);
        if (!made || !target.is(*made))
            throw Error(ErrorCategory::Unavailable, "ReplacedWhileMade",
                        "'" + target.path + "' is no longer the copy that was made there");
        clear_place();
        link.publish(name);
    } catch (const Error& error) {
        why = error.message();
    }
    // Renaming one name of a file onto another of the same file does nothing and leaves both.
    ::unlinkat(directory, temporary.c_str(), 0);
    return why;
}

void throw_link_not_made(const std::string& instead, const std::string& why) {
    throw Error(ErrorCategory::Unsupported, "HardLinkNotMade",
                instead + " as a file of its own, because this failed: " + why);
}

}  // namespace lifeboat::mover
