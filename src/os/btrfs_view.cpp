#include "os/btrfs_view.h"

#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/detached_mount.h"
#include "os/directory.h"
#include "os/view_name.h"

namespace lifeboat::os {
namespace {

// Another process may take a new view for one that was left, once; not every time.
constexpr int kAttempts = 5;

// Hidden where the top directory is what people see.
std::string name_on_disk(Random& random) {
    return "." + new_view_name(random);
}

bool is_name_on_disk(const std::string& name) {
    return name.starts_with('.') && is_view_name(std::string_view(name).substr(1));
}

// A subvolume has a device number of its own, and is no mount.
UniqueFd open_subvolume(int directory, const std::string& name) {
    return open_directory_below(directory, name, std::nullopt, Mounts::Cross);
}

bool is_subvolume(const struct stat& status) {
    return S_ISDIR(status.st_mode) && status.st_ino == BTRFS_FIRST_FREE_OBJECTID;
}

bool is_read_only_subvolume(int fd) {
    std::uint64_t flags = 0;
    return is_subvolume(look_at(fd)) && ::ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 &&
           (flags & BTRFS_SUBVOL_RDONLY) != 0;
}

void make_snapshot(int subvolume, int directory, const std::string& name) {
    btrfs_ioctl_vol_args_v2 arguments{};
    arguments.fd = subvolume;
    arguments.flags = BTRFS_SUBVOL_RDONLY;
    name.copy(arguments.name, sizeof arguments.name - 1);
    if (::ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &arguments) != 0)
        throw error_from_errno(errno, "make a snapshot of the subvolume");
}

}  // namespace

BtrfsView::BtrfsView(const Mount& mount, const std::string& path, const struct stat& status,
                     Random& random)
    : source_(mount.source),
      mount_(mount_detached("btrfs", mount.source,
                            {{"subvolid", std::to_string(BTRFS_FS_TREE_OBJECTID)}})),
      top_(open_directory_below(mount_.get(), "")) {
    remove_leftovers();
    const UniqueFd subvolume = find_subvolume(path);
    if (look_at(subvolume.get()).st_dev != status.st_dev)
        throw Error(ErrorCategory::Unavailable, "MovedMeanwhile",
                    "'" + path + "' on '" + source_ +
                        "' was moved while its subvolume was looked for; try again");
    for (int attempt = 0; attempt < kAttempts && !root_; ++attempt) {
        const std::string made = name_on_disk(random);
        make_snapshot(subvolume.get(), top_.get(), made);
        fault::reach("os.view.btrfs.unclaimed");
        // Until it is claimed it looks like one that was left.
        try {
            UniqueFd root = open_subvolume(top_.get(), made);
            if (!claim_view(root.get()) || !look_at(top_.get(), made)) continue;
            root_ = std::move(root);
            name_ = made;
        } catch (const Error& e) {
            if (e.category() == ErrorCategory::NotFound) continue;
            try {
                destroy(made);
            } catch (const Error& left) {
                log::warning("a snapshot stays, and the next one removes it",
                             {{"error", left.what()}});
            }
            throw;
        }
    }
    if (!root_)
        throw Error(ErrorCategory::Unavailable, "ViewRemoved",
                    "snapshots of '" + source_ +
                        "' were removed as soon as they were made; see what else removes "
                        "subvolumes there, and try again");
}

BtrfsView::~BtrfsView() {
    try {
        remove();
    } catch (const Error& e) {
        log::warning("a snapshot stays, and the next one removes it", {{"error", e.what()}});
    }
}

std::string BtrfsView::name() const {
    return "btrfs snapshot " + name_ + " on " + source_;
}

bool BtrfsView::is_stand_in(const struct stat& seen) const {
    return S_ISDIR(seen.st_mode) && seen.st_ino == BTRFS_EMPTY_SUBVOL_DIR_OBJECTID;
}

bool BtrfsView::is_view(int directory, const std::string& name) const {
    if (!is_name_on_disk(name)) return false;
    const auto status = look_at(directory, name);
    return !status ||
           (is_subvolume(*status) && is_read_only_subvolume(open_subvolume(directory, name).get()));
}

UniqueFd BtrfsView::find_subvolume(const std::string& path) {
    UniqueFd here = open_directory_below(top_.get(), "");
    UniqueFd subvolume = duplicate(here.get());
    covers_ = "/";
    for (std::size_t end = 0; end < path.size();) {
        const std::size_t begin = end + 1;
        end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        if (part.empty()) continue;
        const auto status = look_at(here.get(), part);
        if (!status || !S_ISDIR(status->st_mode)) break;
        here = open_subvolume(here.get(), part);
        if (!is_subvolume(look_at(here.get()))) continue;
        subvolume = duplicate(here.get());
        covers_ = path.substr(0, end);
    }
    return subvolume;
}

void BtrfsView::remove_leftovers() const {
    std::vector<std::string> found;
    each_name(top_.get(), [&](const std::string& name, unsigned char) {
        if (is_name_on_disk(name)) found.push_back(name);
        return true;
    });
    for (const std::string& name : found) {
        try {
            const UniqueFd left = open_subvolume(top_.get(), name);
            if (!is_read_only_subvolume(left.get()) || !claim_view(left.get())) continue;
            destroy(name);
            log::info("removed the snapshot a killed run left", {{"name", name}});
        } catch (const Error& e) {
            // It does not hinder the new one.
            log::warning("a snapshot that a killed run left stays",
                         {{"name", name}, {"error", e.what()}});
        }
    }
}

void BtrfsView::destroy(const std::string& name) const {
    btrfs_ioctl_vol_args arguments{};
    name.copy(arguments.name, sizeof arguments.name - 1);
    if (::ioctl(top_.get(), BTRFS_IOC_SNAP_DESTROY, &arguments) != 0 && errno != ENOENT)
        throw error_from_errno(errno, "remove the snapshot '" + name + "' of '" + source_ + "'");
}

void BtrfsView::remove() {
    if (!root_) return;
    fault::reach("os.view.before-remove");
    root_.reset(-1);
    destroy(name_);
}

}  // namespace lifeboat::os
