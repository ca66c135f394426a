#include "mover/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::mover {
namespace {

struct TimePair {
    timespec values[2];
};

TimePair time_pair(const Wanted& wanted) {
    constexpr timespec kLeave{0, UTIME_OMIT};
    return {{wanted.atime.value_or(kLeave), wanted.mtime.value_or(kLeave)}};
}

bool owner_differs(const Entry& now, const Wanted& wanted) {
    return (wanted.uid && *wanted.uid != now.status.st_uid) ||
           (wanted.gid && *wanted.gid != now.status.st_gid);
}

uid_t uid_or_leave(const Wanted& wanted) {
    return wanted.uid.value_or(static_cast<uid_t>(-1));
}
gid_t gid_or_leave(const Wanted& wanted) {
    return wanted.gid.value_or(static_cast<gid_t>(-1));
}

}  // namespace

void write_metadata(int fd, const Wanted& wanted, const Attributes* attributes) {
    const Entry now = look(fd);
    if (owner_differs(now, wanted) && ::fchown(fd, uid_or_leave(wanted), gid_or_leave(wanted)) != 0)
        throw error_from_errno(errno, "set the owner");
    if ((wanted.mtime || wanted.atime) && ::futimens(fd, time_pair(wanted).values) != 0)
        throw error_from_errno(errno, "set the times");
    if (attributes != nullptr) write_attributes(fd, *attributes);
    if (look(fd).permissions() != wanted.permissions && ::fchmod(fd, wanted.permissions) != 0)
        throw error_from_errno(errno, "set the mode");
}

void write_new_metadata(int fd, const Wanted& wanted, const Attributes& attributes) {
    const bool other_owner =
        (wanted.uid && *wanted.uid != ::geteuid()) || (wanted.gid && *wanted.gid != ::getegid());
    if (other_owner && ::fchown(fd, uid_or_leave(wanted), gid_or_leave(wanted)) != 0)
        throw error_from_errno(errno, "set the owner");
    add_attributes(fd, attributes);
    // An access control list sets the mode's bits for the group.
    if ((wanted.permissions != 0600 || !attributes.empty()) &&
        ::fchmod(fd, wanted.permissions) != 0)
        throw error_from_errno(errno, "set the mode");
    if ((wanted.mtime || wanted.atime) && ::futimens(fd, time_pair(wanted).values) != 0)
        throw error_from_errno(errno, "set the times");
}

void write_link_metadata(int path_fd, int directory, const std::string& name,
                         const Wanted& wanted) {
    const Entry now = look(path_fd);
    if (owner_differs(now, wanted) &&
        ::fchownat(path_fd, "", uid_or_leave(wanted), gid_or_leave(wanted), AT_EMPTY_PATH) != 0)
        throw error_from_errno(errno, "set the owner");
    // A handle of this kind cannot be given a mode but through /proc.
    if (now.is_special() &&
        ::chmod(("/proc/self/fd/" + std::to_string(path_fd)).c_str(), wanted.permissions) != 0)
        throw error_from_errno(errno, "set the mode");
    if (!wanted.mtime && !wanted.atime) return;
    const TimePair times = time_pair(wanted);
    if (::utimensat(path_fd, "", times.values, AT_EMPTY_PATH) == 0) return;
    if (errno != EINVAL ||
        ::utimensat(directory, name.c_str(), times.values, AT_SYMLINK_NOFOLLOW) != 0)
        throw error_from_errno(errno, "set the times");
}

void check_metadata(const Entry& now, const Wanted& wanted) {
    const std::string differs = difference(now, wanted);
    if (!differs.empty())
        throw Error(ErrorCategory::Corruption, "MetadataNotKept",
                    "the file system did not keep what was set: " + differs);
}

}  // namespace lifeboat::mover
