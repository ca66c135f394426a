#include "mover/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "mover/temporary.h"

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

// Its mode says that it is unfinished, and must do so until it is not.
bool is_marked(const Entry& entry) {
    return entry.is_directory() ? is_unfinished(entry.permissions())
                                : entry.permissions() == kUnfinishedFile;
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
    fault::reach("mover.owner-set");
    if ((wanted.mtime || wanted.atime) && ::futimens(fd, time_pair(wanted).values) != 0)
        throw error_from_errno(errno, "set the times");
    if (attributes != nullptr)
        write_attributes(fd,
                         is_marked(now) ? hold_back(*attributes, now.permissions()) : *attributes);
    fault::reach("mover.before-mode");
    if (look(fd).permissions() != wanted.permissions && ::fchmod(fd, wanted.permissions) != 0)
        throw error_from_errno(errno, "set the mode");
}

void write_new_metadata(int fd, const Wanted& wanted, const Attributes& attributes,
                        const Entry& directory) {
    if (owner_differs(directory, wanted) &&
        ::fchown(fd, uid_or_leave(wanted), gid_or_leave(wanted)) != 0)
        throw error_from_errno(errno, "set the owner");
    fault::reach("mover.owner-set");
    if (!attributes.empty()) add_attributes(fd, hold_back(attributes, kUnfinishedFile));
    if ((wanted.mtime || wanted.atime) && ::futimens(fd, time_pair(wanted).values) != 0)
        throw error_from_errno(errno, "set the times");
    fault::reach("mover.file-before-mode");
    if (::fchmod(fd, wanted.permissions) != 0) throw error_from_errno(errno, "set the mode");
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
