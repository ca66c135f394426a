#include "vault/node_reader.h"

#include <sys/xattr.h>

#include <cerrno>
#include <functional>

#include "base/error.h"
#include "os/identity.h"

namespace lifeboat::vault {
namespace {

NodeType type_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return NodeType::File;
        case S_IFDIR:
            return NodeType::Directory;
        case S_IFLNK:
            return NodeType::Symlink;
        case S_IFBLK:
            return NodeType::Device;
        case S_IFCHR:
            return NodeType::CharDevice;
        case S_IFIFO:
            return NodeType::Fifo;
        case S_IFSOCK:
            return NodeType::Socket;
        default:
            return NodeType::Irregular;
    }
}

bool has_none(int failure) {
    return failure == ENOTSUP || failure == ENODATA || failure == EPERM || failure == ENOSYS;
}

// `call` is told a buffer and its size, and says as the system does how much there is.
std::optional<std::string> grow_and_call(const std::function<ssize_t(char*, std::size_t)>& call) {
    std::string bytes(256, '\0');
    while (true) {
        const ssize_t size = call(bytes.data(), bytes.size());
        if (size >= 0) {
            bytes.resize(static_cast<std::size_t>(size));
            return bytes;
        }
        if (errno != ERANGE) return std::nullopt;
        const ssize_t wanted = call(nullptr, 0);
        if (wanted < 0) return std::nullopt;
        bytes.resize(static_cast<std::size_t>(wanted) + 256);
    }
}

template <class List, class Get>
std::vector<ExtendedAttribute> read_all(List list, Get get) {
    const auto names = grow_and_call(list);
    if (!names) {
        if (has_none(errno)) return {};
        throw error_from_errno(errno, "list the extended attributes");
    }
    std::vector<ExtendedAttribute> found;
    for (std::size_t at = 0; at < names->size();) {
        const char* name = names->c_str() + at;
        at += std::char_traits<char>::length(name) + 1;
        const auto value = grow_and_call(
            [&](char* out, std::size_t size) -> ssize_t { return get(name, out, size); });
        if (value)
            found.push_back({name, *value});
        else if (!has_none(errno))  // removed meanwhile, or not for us
            throw error_from_errno(errno, std::string("read the attribute '") + name + "'");
    }
    return found;
}

}  // namespace

std::string OwnerNames::find(std::unordered_map<std::uint32_t, std::string>& known,
                             std::uint32_t id, bool is_user) {
    const std::scoped_lock lock(mutex_);
    const auto [at, is_new] = known.try_emplace(id);
    if (is_new) at->second = is_user ? os::user_name(id) : os::group_name(id);
    return at->second;
}

Node node_of(std::string name, const struct stat& status, OwnerNames& names) {
    Node node;
    node.name = std::move(name);
    node.type = type_of(status.st_mode);
    node.mode = go_mode(status.st_mode);
    node.mtime = ZonedTime::local(status.st_mtim);
    node.atime = node.mtime;
    node.ctime = ZonedTime::local(status.st_ctim);
    node.uid = status.st_uid;
    node.gid = status.st_gid;
    node.user = names.user(status.st_uid);
    node.group = names.group(status.st_gid);
    node.inode = status.st_ino;
    node.device_id = status.st_dev;
    const bool counts_links = node.type != NodeType::Directory && node.type != NodeType::Fifo &&
                              node.type != NodeType::Socket;
    if (counts_links) node.links = status.st_nlink;
    if (node.type == NodeType::File) node.size = static_cast<std::uint64_t>(status.st_size);
    if (node.type == NodeType::Device || node.type == NodeType::CharDevice)
        node.device = status.st_rdev;
    return node;
}

std::vector<ExtendedAttribute> read_attributes(int fd) {
    return read_all([&](char* out, std::size_t size) { return ::flistxattr(fd, out, size); },
                    [&](const char* name, char* out, std::size_t size) {
                        return ::fgetxattr(fd, name, out, size);
                    });
}

std::vector<ExtendedAttribute> read_attributes(int directory, const std::string& name) {
    // There is no call that takes a directory's handle; the path through /proc means the same, and
    // its last component is not followed.
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    return read_all(
        [&](char* out, std::size_t size) { return ::llistxattr(path.c_str(), out, size); },
        [&](const char* attribute, char* out, std::size_t size) {
            return ::lgetxattr(path.c_str(), attribute, out, size);
        });
}

}  // namespace lifeboat::vault
