#include "mover/merged_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "mover/entry.h"

namespace lifeboat::mover {

void let_owner_write(const Directory& directory) {
    const struct stat& now = directory.plan.destination->status;
    if (::geteuid() != 0 && now.st_uid == ::geteuid() && (now.st_mode & 0700U) != 0700U)
        ::fchmod(directory.destination.get(), directory.plan.destination->permissions() | 0700U);
}

void leave_as_it_was(const Directory& directory, const Options& options) {
    const int destination = directory.destination.get();
    const Entry& before = *directory.plan.destination;
    const Entry now = look(destination);
    const timespec& then = before.status.st_mtim;
    const bool may = ::geteuid() == 0 || ::geteuid() == now.status.st_uid;
    if (may && options.mtime == Times::Preserve && !is_equal(now.status.st_mtim, then) &&
        is_equal(then, directory.source_entry.status.st_mtim)) {
        const timespec times[2] = {{0, UTIME_OMIT}, then};
        if (::futimens(destination, times) != 0) throw error_from_errno(errno, "set the times");
    }
    if (now.permissions() != before.permissions() &&
        ::fchmod(destination, before.permissions()) != 0)
        throw error_from_errno(errno, "set the mode");
}

}  // namespace lifeboat::mover
