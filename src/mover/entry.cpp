#include "mover/entry.h"

#include <fmt/format.h>
#include <unistd.h>

#include "os/directory.h"

namespace lifeboat::mover {

bool is_equal(const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool is_later(const timespec& a, const timespec& b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

std::optional<Entry> look(int directory, const std::string& name) {
    const auto status = os::look_at(directory, name);
    if (!status) return std::nullopt;
    return Entry{*status};
}

Entry look(int fd) {
    return Entry{os::look_at(fd)};
}

Wanted wanted_for(const Entry& source, const Options& options) {
    const struct stat& status = source.status;
    Wanted wanted;
    const bool caller_owns = options.uid.kind == OwnerRule::Kind::Caller;
    const bool caller_groups = options.gid.kind == OwnerRule::Kind::Caller;
    if (!caller_owns) wanted.uid = options.uid.wanted(status.st_uid);
    if (!caller_groups) wanted.gid = options.gid.wanted(status.st_gid);
    const bool other_user = (caller_owns ? ::geteuid() : *wanted.uid) != status.st_uid;
    const bool other_group = (caller_groups ? ::getegid() : *wanted.gid) != status.st_gid;
    wanted.owner_changes = other_user || other_group;
    wanted.permissions = options.posix_permissions == PosixPermissions::Preserve
                             ? source.permissions()
                             : kDefaultMode;
    if (source.is_regular() && wanted.owner_changes) wanted.permissions &= ~(S_ISUID | S_ISGID);
    if (source.is_symlink()) wanted.permissions = 0;
    if (options.mtime == Times::Preserve) wanted.mtime = status.st_mtim;
    if (options.atime == Times::Preserve) wanted.atime = status.st_atim;
    return wanted;
}

std::string difference(const Entry& copy, const Wanted& wanted) {
    const struct stat& status = copy.status;
    if (wanted.uid && status.st_uid != *wanted.uid)
        return fmt::format("owner {} instead of {}", status.st_uid, *wanted.uid);
    if (wanted.gid && status.st_gid != *wanted.gid)
        return fmt::format("group {} instead of {}", status.st_gid, *wanted.gid);
    if (!copy.is_symlink() && copy.permissions() != wanted.permissions)
        return fmt::format("mode {:04o} instead of {:04o}", copy.permissions(), wanted.permissions);
    if (wanted.mtime && !is_equal(status.st_mtim, *wanted.mtime))
        return fmt::format("modification time {}.{:09} instead of {}.{:09}", status.st_mtim.tv_sec,
                           status.st_mtim.tv_nsec, wanted.mtime->tv_sec, wanted.mtime->tv_nsec);
    return {};
}

}  // namespace lifeboat::mover
