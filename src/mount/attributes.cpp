#include "mount/attributes.h"

namespace lifeboat::mount {
namespace {

constexpr blkcnt_t kStatBlock = 512;
constexpr blksize_t kBlockSize = 4096;

mode_t type_of(vault::NodeType type) {
    switch (type) {
        case vault::NodeType::Directory:
            return S_IFDIR;
        case vault::NodeType::Symlink:
            return S_IFLNK;
        case vault::NodeType::Device:
            return S_IFBLK;
        case vault::NodeType::CharDevice:
            return S_IFCHR;
        case vault::NodeType::Fifo:
            return S_IFIFO;
        case vault::NodeType::Socket:
            return S_IFSOCK;
        case vault::NodeType::File:
        case vault::NodeType::Irregular:
            break;
    }
    return S_IFREG;
}

timespec of(const vault::ZonedTime& time) {
    return {static_cast<time_t>(time.seconds), time.nanoseconds};
}

void set_size(struct stat& status, std::uint64_t size) {
    status.st_size = static_cast<off_t>(size);
    status.st_blocks = static_cast<blkcnt_t>(size / kStatBlock + (size % kStatBlock == 0 ? 0 : 1));
    status.st_blksize = kBlockSize;
}

struct stat made_up(mode_t mode, const vault::ZonedTime& time, const Owner& owner) {
    struct stat status {};
    status.st_mode = mode;
    status.st_nlink = 1;
    status.st_uid = owner.uid;
    status.st_gid = owner.gid;
    status.st_atim = status.st_mtim = status.st_ctim = of(time);
    status.st_blksize = kBlockSize;
    return status;
}

}  // namespace

struct stat status_of(const vault::Node& node, const std::optional<Owner>& owner) {
    struct stat status = made_up(type_of(node.type) | vault::permissions_of(node.mode), node.mtime,
                                 owner.value_or(Owner{node.uid, node.gid}));
    status.st_atim = of(node.atime);
    status.st_ctim = of(node.ctime);
    if (node.type != vault::NodeType::Directory && node.links > 0)
        status.st_nlink = static_cast<nlink_t>(node.links);
    if (node.type == vault::NodeType::Device || node.type == vault::NodeType::CharDevice)
        status.st_rdev = static_cast<dev_t>(node.device);
    if (node.type == vault::NodeType::File) set_size(status, node.size);
    if (node.type == vault::NodeType::Symlink) set_size(status, node.link_target.size());
    return status;
}

struct stat status_of_folder(const vault::ZonedTime& time, const Owner& owner) {
    return made_up(S_IFDIR | 0555, time, owner);
}

struct stat status_of_link(const vault::ZonedTime& time, const Owner& owner,
                           std::size_t target_size) {
    struct stat status = made_up(S_IFLNK | 0777, time, owner);
    set_size(status, target_size);
    return status;
}

}  // namespace lifeboat::mount
