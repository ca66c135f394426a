// A view of a ZFS data set: a snapshot made by the command `zfs`, read below `.zfs/snapshot`.
//
// It is of that data set alone; data sets below it are file systems of their own. Inode numbers and
// times are those of the data set, the device number is the snapshot's.
#pragma once

#include "os/file_view.h"
#include "os/unique_fd.h"

namespace lifeboat::os {

class ZfsView final : public FileView {
  public:
    // As make_view(). Of the data set one mount shows the top directory.
    ZfsView(const MountTable& mounts, const Mount& mount, const struct stat& status,
            Random& random);
    ~ZfsView() override;

    std::string name() const override { return "ZFS snapshot " + name_; }
    int root() const override { return root_.get(); }
    const std::string& covers() const override { return covers_; }
    bool is_stand_in(const struct stat&) const override { return false; }
    bool is_view(int, const std::string&) const override { return false; }
    void remove() override;

  private:
    void remove_leftovers(int snapshots) const;

    const std::string data_set_;
    const std::string covers_ = "/";
    std::string name_;  // "data set@snapshot"
    bool is_there_ = false;
    UniqueFd root_;
};

}  // namespace lifeboat::os
