#include "os/file_view.h"

#include "base/error.h"
#include "base/fault.h"
#include "os/btrfs_view.h"
#include "os/lvm_view.h"
#include "os/zfs_view.h"

namespace lifeboat::os {
namespace {

constexpr ViewKind kKinds[] = {ViewKind::Btrfs, ViewKind::Zfs, ViewKind::Lvm};

}  // namespace

std::string_view to_string(ViewKind kind) {
    switch (kind) {
        case ViewKind::Btrfs:
            return "btrfs";
        case ViewKind::Zfs:
            return "zfs";
        case ViewKind::Lvm:
            return "lvm";
    }
    return "";
}

std::optional<ViewKind> parse_view_kind(std::string_view word) {
    for (const ViewKind kind : kKinds)
        if (to_string(kind) == word) return kind;
    return std::nullopt;
}

std::optional<ViewKind> offered_view(const Mount& mount) {
    if (LvmView::is_offered(mount)) return ViewKind::Lvm;
    const auto kind = parse_view_kind(mount.type);
    return kind != ViewKind::Lvm ? kind : std::nullopt;
}

std::unique_ptr<FileView> make_view(ViewKind kind, const MountTable& mounts, const Mount& mount,
                                    const std::string& path, const struct stat& status,
                                    Random& random) {
    if (mount.is_read_only)
        throw Error(ErrorCategory::Unsupported, "NoSuchView",
                    "the file system at '" + mount.point +
                        "' is mounted read-only: nothing changes there, and no snapshot can be "
                        "made; read it without one");
    if (kind != ViewKind::Lvm && mount.type != to_string(kind))
        throw Error(ErrorCategory::Unsupported, "NoSuchView",
                    "the file system at '" + mount.point + "' is " + mount.type + ", not " +
                        std::string(to_string(kind)));
    std::unique_ptr<FileView> view;
    switch (kind) {
        case ViewKind::Btrfs:
            view = std::make_unique<BtrfsView>(mount, path, status, random);
            break;
        case ViewKind::Zfs:
            view = std::make_unique<ZfsView>(mounts, mount, status, random);
            break;
        case ViewKind::Lvm:
            view = std::make_unique<LvmView>(mount, random);
            break;
    }
    fault::reach("os.view.made");
    return view;
}

}  // namespace lifeboat::os
