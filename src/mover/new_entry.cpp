#include "mover/new_entry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "mover/attributes.h"
#include "mover/run.h"
#include "os/directory.h"

namespace lifeboat::mover {

void make_directory(Directory& directory) {
    const int above = directory.parent->destination.get();
    if (directory.plan.kind == Plan::Kind::Replace &&
        ::unlinkat(above, directory.name.c_str(), 0) != 0)
        throw error_from_errno(errno, "remove what stands in the place of the directory");
    if (::mkdirat(above, directory.name.c_str(), kUnfinishedDirectory) != 0)
        throw error_from_errno(errno, "make the directory");
    fault::reach("mover.directory-created");
    directory.destination = os::open_below(above, directory.name, O_RDONLY | O_DIRECTORY);
    const Entry made = look(directory.destination.get());
    if (!is_unfinished(made.permissions()) || made.status.st_uid != ::geteuid())
        throw Error(ErrorCategory::Unavailable, "ReplacedWhileMade",
                    "somebody put another directory in the place of the new one");
    directory.fresh = true;
    directory.made = made;
    directory.bequeaths = has_default_list(directory.destination.get());
}

os::UniqueFd pin(int directory, const std::string& name, mode_t type) {
    os::UniqueFd fd = os::open_below(directory, name, O_PATH);
    const Entry made = look(fd.get());
    if (made.type() != type || made.status.st_uid != ::geteuid() || made.status.st_nlink != 1)
        throw Error(ErrorCategory::Unavailable, "ReplacedWhileMade",
                    "somebody put another file in the place of the new one");
    return fd;
}

void require_in_place(const Directory& directory) {
    if (!directory.parent) return;
    const auto now = look(directory.parent->destination.get(), directory.name);
    if (!now || !os::is_same_file(now->status, look(directory.destination.get()).status))
        throw Error(ErrorCategory::Unavailable, "MovedWhileCopied",
                    "the directory was moved away at the destination while it was filled");
}

void remove_strays(const Directory& directory, const TemporaryNames& names, Failures& failures) {
    const int destination = directory.destination.get();
    os::each_name(destination, [&](const std::string& name, unsigned char) {
        bool is_stray = names.is_stray(name);
        if (!is_stray && directory.fresh) {
            const auto entry = look(destination, name);
            is_stray = entry && is_left_unfinished(directory, *entry);
        }
        if (is_stray && ::unlinkat(destination, name.c_str(), 0) != 0 && errno != ENOENT)
            failures.add(directory.path_of(name), Phase::Transferring,
                         error_from_errno(errno, "remove an unfinished copy"));
        return true;
    });
}

}  // namespace lifeboat::mover
