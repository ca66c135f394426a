#include "os/zfs_view.h"

#include <fcntl.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/view_command.h"
#include "os/view_name.h"

namespace lifeboat::os {
namespace {

// The directory of snapshots of the data set, which every mount of all of it has.
UniqueFd open_snapshots(const MountTable& mounts, const Mount& mount, dev_t device) {
    for (const Mount& whole : mounts.all()) {
        if (whole.type != "zfs" || whole.source != mount.source || whole.root != "/") continue;
        const UniqueFd top = open_file(whole.point, O_RDONLY | O_DIRECTORY);
        if (look_at(top.get()).st_dev != device) continue;  // something else is mounted over it
        return open_directory_below(top.get(), ".zfs/snapshot", std::nullopt, Mounts::Cross);
    }
    throw Error(ErrorCategory::Unsupported, "NoSuchView",
                "of the ZFS data set '" + mount.source +
                    "' only directories are mounted here; its snapshots are seen where all of it "
                    "is mounted");
}

void destroy(const std::string& snapshot) {
    run_view_command({"zfs", "destroy", snapshot});
}

}  // namespace

ZfsView::ZfsView(const MountTable& mounts, const Mount& mount, const struct stat& status,
                 Random& random)
    : data_set_(mount.source) {
    const UniqueFd snapshots = open_snapshots(mounts, mount, status.st_dev);
    keep_view_makers_out(snapshots.get());
    remove_leftovers(snapshots.get());
    const std::string made = new_view_name(random);
    name_ = data_set_ + "@" + made;
    run_view_command({"zfs", "snapshot", name_});
    fault::reach("os.view.zfs.unclaimed");
    try {
        root_ = open_directory_below(snapshots.get(), made, std::nullopt, Mounts::Cross);
        if (!claim_view(root_.get()))
            throw Error(ErrorCategory::Unavailable, "ViewInUse",
                        "the new snapshot '" + name_ + "' is locked by another program");
    } catch (...) {
        root_.reset(-1);
        try {
            destroy(name_);
        } catch (const Error& e) {
            log::warning("a snapshot stays, and the next one removes it", {{"error", e.what()}});
        }
        throw;
    }
    is_there_ = true;
}

ZfsView::~ZfsView() {
    try {
        remove();
    } catch (const Error& e) {
        log::warning("a snapshot stays, and the next one removes it", {{"error", e.what()}});
    }
}

void ZfsView::remove_leftovers(int snapshots) const {
    std::istringstream names(run_view_command(
        {"zfs", "list", "-H", "-o", "name", "-t", "snapshot", "-d", "1", data_set_}));
    for (std::string name; std::getline(names, name);) {
        const auto at = name.find('@');
        if (at == std::string::npos || name.substr(0, at) != data_set_) continue;
        const std::string snapshot = name.substr(at + 1);
        if (!is_view_name(snapshot)) continue;
        try {
            UniqueFd left = open_directory_below(snapshots, snapshot, std::nullopt, Mounts::Cross);
            if (!claim_view(left.get())) continue;
            left.reset(-1);  // one that is open is busy
            destroy(name);
            log::info("removed the snapshot a killed run left", {{"name", name}});
        } catch (const Error& e) {
            // It does not hinder the new one.
            log::warning("a snapshot that a killed run left stays",
                         {{"name", name}, {"error", e.what()}});
        }
    }
}

void ZfsView::remove() {
    if (!is_there_) return;
    fault::reach("os.view.before-remove");
    is_there_ = false;
    root_.reset(-1);
    destroy(name_);
}

}  // namespace lifeboat::os
