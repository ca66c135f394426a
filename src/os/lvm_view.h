// A view of a file system on an LVM volume: a snapshot of the volume, made by LVM's commands and
// mounted read-only where nobody else sees it.
//
// The kernel lets the file system finish what it writes before the volume is cut. Inode numbers and
// times are those of the file system, the device number is the snapshot's. A snapshot of a thin
// volume takes room in its pool; another has a fifth of the volume's size for what changes while
// it is there, and cannot be read any more when that is full.
#pragma once

#include "os/file_view.h"
#include "os/unique_fd.h"

namespace lifeboat::os {

class LvmView final : public FileView {
  public:
    // The mount's device is an LVM volume, and its file system one that can be read so.
    static bool is_offered(const Mount& mount);

    // As make_view(); of the volume that is the mount's source.
    LvmView(const Mount& mount, Random& random);
    ~LvmView() override;

    std::string name() const override { return "LVM snapshot " + name_; }
    int root() const override { return root_.get(); }
    const std::string& covers() const override { return covers_; }
    bool is_stand_in(const struct stat&) const override { return false; }
    bool is_view(int, const std::string&) const override { return false; }
    void remove() override;

  private:
    struct Volume {
        std::string group, name, pool;  // pool: empty unless it is a thin volume
    };
    static Volume volume_of(const std::string& device);
    static void remove_leftovers(const Volume& origin);
    void open(const std::string& type);

    const std::string covers_ = "/";
    std::string name_;  // "group/volume"
    bool is_there_ = false;
    UniqueFd claim_;  // the snapshot's device
    UniqueFd mount_;
    UniqueFd root_;
};

}  // namespace lifeboat::os
