#include "mover/attributes.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "os/directory.h"

namespace lifeboat::mover {
namespace {

constexpr std::string_view kCapability = "security.capability";
constexpr std::string_view kAccessList = "system.posix_acl_access";
constexpr std::string_view kDefaultList = "system.posix_acl_default";

bool is_access_list(std::string_view name) {
    return name == kAccessList || name == kDefaultList;
}

bool is_copied(std::string_view name) {
    return name.starts_with("user.") || name.starts_with("trusted.") || name == kCapability ||
           is_access_list(name);
}

// A file by handle or by /proc path; the calls differ in name only.
struct File {
    int fd = -1;
    std::string path;  // used when not empty

    ssize_t list(char* buffer, std::size_t size) const {
        return path.empty() ? ::flistxattr(fd, buffer, size)
                            : ::llistxattr(path.c_str(), buffer, size);
    }
    ssize_t get(const char* name, char* buffer, std::size_t size) const {
        return path.empty() ? ::fgetxattr(fd, name, buffer, size)
                            : ::lgetxattr(path.c_str(), name, buffer, size);
    }
};

// Calls `read` with a growing buffer until the answer fits; empty when `read` fails.
template <class Read>
ssize_t read_whole(std::string& buffer, Read read) {
    buffer.resize(512);
    while (true) {
        const ssize_t size = read(buffer.data(), buffer.size());
        if (size >= 0) {
            buffer.resize(static_cast<std::size_t>(size));
            return size;
        }
        // 64 KiB is the kernel's limit for one value and for one list (xattr(7)).
        if (errno != ERANGE || buffer.size() > 65536) return size;
        buffer.resize(buffer.size() * 16);
    }
}

// Linux 6.13 can list the attributes of a name in a directory; false where it cannot tell.
bool has_no_attributes(int directory, const std::string& name) {
    constexpr long kListXattrAt = 465;  // the same on all architectures (uapi/asm-generic/unistd.h)
    static std::atomic<bool> works{true};
    if (!works.load(std::memory_order_relaxed)) return false;
    const long size = ::syscall(kListXattrAt, directory, name.c_str(), AT_SYMLINK_NOFOLLOW,
                                static_cast<char*>(nullptr), std::size_t{0});
    if (size < 0 && (errno == ENOSYS || errno == EPERM)) works = false;
    return size == 0;
}

bool read_all(const File& file, Attributes& attributes) {
    std::string names;
    if (read_whole(names, [&](char* b, std::size_t n) { return file.list(b, n); }) < 0) {
        if (errno == EOPNOTSUPP) return true;
        if (errno == ENOENT && !file.path.empty()) return false;
        throw error_from_errno(errno, "list extended attributes");
    }
    for (std::size_t at = 0; at < names.size();) {
        const std::string name = names.c_str() + at;
        at += name.size() + 1;
        if (!is_copied(name)) continue;
        std::string value;
        if (read_whole(value,
                       [&](char* b, std::size_t n) { return file.get(name.c_str(), b, n); }) < 0) {
            if (errno == ENODATA) continue;  // removed since
            throw error_from_errno(errno, "read the extended attribute '" + name + "'");
        }
        attributes[name] = std::move(value);
    }
    return true;
}

// An access control list as the kernel hands it out: a 4-byte version, then these, little-endian
// (linux/posix_acl_xattr.h).
struct AccessEntry {
    static constexpr std::uint16_t kOwner = 0x01, kUser = 0x02, kGroup = 0x08, kMask = 0x10,
                                   kOthers = 0x20;
    std::uint16_t tag = 0;
    std::uint16_t permissions = 0;
    std::uint32_t id = 0;
};

template <class Change>
void each_entry(std::string& list, Change change) {
    for (std::size_t at = 4; at + sizeof(AccessEntry) <= list.size(); at += sizeof(AccessEntry)) {
        AccessEntry entry;
        std::memcpy(&entry, list.data() + at, sizeof entry);
        change(entry);
        std::memcpy(list.data() + at, &entry, sizeof entry);
    }
}

void map_ids(std::string& list, const Options& options) {
    each_entry(list, [&](AccessEntry& entry) {
        if (entry.tag != AccessEntry::kUser && entry.tag != AccessEntry::kGroup) return;
        const OwnerRule& rule = entry.tag == AccessEntry::kUser ? options.uid : options.gid;
        if (rule.kind == OwnerRule::Kind::Map) entry.id = rule.wanted(entry.id);
    });
}

}  // namespace

Attributes read_attributes(int fd) {
    Attributes attributes;
    read_all(File{fd, {}}, attributes);
    return attributes;
}

Attributes read_attributes(int directory, const std::string& name) {
    Attributes attributes;
    // Most files have none, and one call tells.
    if (has_no_attributes(directory, name)) return attributes;
    // Elsewhere there is no call for a name in a directory; /proc pins the directory instead.
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    if (read_all(File{-1, path}, attributes)) return attributes;
    // No /proc, or the file is gone: opening it tells which.
    const os::UniqueFd fd = os::open_below(directory, name, O_RDONLY);
    read_all(File{fd.get(), {}}, attributes);
    return attributes;
}

Attributes wanted_attributes(Attributes source, const Options& options, const Wanted& wanted) {
    if (options.extended_attributes == ExtendedAttributes::None) return {};
    if (wanted.owner_changes) source.erase(std::string(kCapability));
    if (options.posix_permissions == PosixPermissions::None) {
        source.erase(std::string(kAccessList));
        source.erase(std::string(kDefaultList));
    }
    if (options.uid.kind == OwnerRule::Kind::Map || options.gid.kind == OwnerRule::Kind::Map)
        for (auto& [name, value] : source)
            if (is_access_list(name)) map_ids(value, options);
    return source;
}

Attributes hold_back(Attributes attributes, mode_t mode) {
    const auto found = attributes.find(std::string(kAccessList));
    if (found == attributes.end()) return attributes;
    each_entry(found->second, [mode](AccessEntry& entry) {
        if (entry.tag == AccessEntry::kOwner) entry.permissions = (mode >> 6) & 7;
        if (entry.tag == AccessEntry::kMask || entry.tag == AccessEntry::kOthers)
            entry.permissions = 0;
    });
    return attributes;
}

void write_attributes(int fd, const Attributes& wanted) {
    Attributes missing = wanted;
    for (const auto& [name, value] : read_attributes(fd)) {
        const auto found = missing.find(name);
        if (found != missing.end() && found->second == value)
            missing.erase(found);
        else if (found == missing.end() && ::fremovexattr(fd, name.c_str()) != 0 &&
                 errno != ENODATA)
            throw error_from_errno(errno, "remove the extended attribute '" + name + "'");
    }
    add_attributes(fd, missing);
}

void add_attributes(int fd, const Attributes& wanted) {
    for (const auto& [name, value] : wanted)
        if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) != 0)
            throw error_from_errno(errno, "set the extended attribute '" + name + "'");
}

bool has_default_list(int directory) {
    return ::fgetxattr(directory, std::string(kDefaultList).c_str(), nullptr, 0) >= 0 ||
           (errno != ENODATA && errno != EOPNOTSUPP);
}

}  // namespace lifeboat::mover
