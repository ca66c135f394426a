#include "vault/restored_node.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "os/directory.h"

namespace lifeboat::vault {
namespace {

std::uint32_t mapped(const std::map<std::uint32_t, std::uint32_t>& map, std::uint32_t id) {
    const auto at = map.find(id);
    return at == map.end() ? id : at->second;
}

struct Wanted {
    uid_t uid;
    gid_t gid;
    mode_t mode;
    timespec times[2];
};

timespec of(const ZonedTime& time) {
    return {static_cast<time_t>(time.seconds), time.nanoseconds};
}

Wanted wanted(const Node& node, const RestoreOptions& options) {
    Wanted want{mapped(options.users, node.uid),
                mapped(options.groups, node.gid),
                permissions_of(node.mode),
                {of(node.atime), of(node.mtime)}};
    if (node.type == NodeType::File && (want.uid != node.uid || want.gid != node.gid))
        want.mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
    return want;
}

// Only root may give files away.
bool is_refused_to_us() {
    return errno == EPERM && ::geteuid() != 0;
}

void set_attributes(const Node& node,
                    const std::function<int(const char*, const std::string&)>& set) {
    for (const ExtendedAttribute& attribute : node.attributes) {
        if (set(attribute.name.c_str(), attribute.value.value_or("")) == 0 || is_refused_to_us())
            continue;
        throw error_from_errno(errno, "set the attribute '" + attribute.name + "'");
    }
}

}  // namespace

void apply_node(int fd, const Node& node, const RestoreOptions& options) {
    const Wanted want = wanted(node, options);
    const struct stat now = os::look_at(fd);
    if ((now.st_uid != want.uid || now.st_gid != want.gid) &&
        ::fchown(fd, want.uid, want.gid) != 0 && !is_refused_to_us())
        throw error_from_errno(errno, "set the owner");
    set_attributes(node, [&](const char* name, const std::string& value) {
        return ::fsetxattr(fd, name, value.data(), value.size(), 0);
    });
    if (::fchmod(fd, want.mode) != 0) throw error_from_errno(errno, "set the mode");
    if (::futimens(fd, want.times) != 0) throw error_from_errno(errno, "set the times");
}

void apply_node(int directory, const std::string& name, const Node& node,
                const RestoreOptions& options) {
    const Wanted want = wanted(node, options);
    if (::fchownat(directory, name.c_str(), want.uid, want.gid, AT_SYMLINK_NOFOLLOW) != 0 &&
        !is_refused_to_us())
        throw error_from_errno(errno, "set the owner");
    // There is no call that takes a directory's handle; the path through /proc means the same.
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    set_attributes(node, [&](const char* attribute, const std::string& value) {
        return ::lsetxattr(path.c_str(), attribute, value.data(), value.size(), 0);
    });
    if (node.type != NodeType::Symlink) {
        const os::UniqueFd handle = os::open_below(directory, name, O_PATH);
        if (::chmod(("/proc/self/fd/" + std::to_string(handle.get())).c_str(), want.mode) != 0)
            throw error_from_errno(errno, "set the mode");
    }
    if (::utimensat(directory, name.c_str(), want.times, AT_SYMLINK_NOFOLLOW) != 0)
        throw error_from_errno(errno, "set the times");
}

std::uint64_t remove_below(int directory, const std::string& name) {
    if (::unlinkat(directory, name.c_str(), 0) == 0) return 1;
    if (errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) throw error_from_errno(errno, "remove '" + name + "'");
    std::uint64_t removed = 1;
    {
        const os::UniqueFd fd = os::open_below(directory, name, O_RDONLY | O_DIRECTORY);
        std::vector<std::string> names;
        os::each_name(fd.get(), [&](const std::string& below, unsigned char) {
            names.push_back(below);
            return true;
        });
        for (const std::string& below : names)
            removed += remove_below(fd.get(), below);
    }
    if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0)
        throw error_from_errno(errno, "remove the directory '" + name + "'");
    return removed;
}

}  // namespace lifeboat::vault
