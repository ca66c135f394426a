// A view of a btrfs subvolume: a read-only snapshot, in the file system's top directory.
//
// That directory (subvolume 5) is reached by a mount of our own that nobody else sees, so the tree
// that is looked at does not get a new name in it, unless that is the top directory itself. As
// with all snapshots of btrfs, subvolumes below are not part of it: they are empty directories.
// Inode numbers and all times are those of the subvolume, the device number is the snapshot's.
#pragma once

#include "os/file_view.h"
#include "os/unique_fd.h"

namespace lifeboat::os {

class BtrfsView final : public FileView {
  public:
    // As make_view().
    BtrfsView(const Mount& mount, const std::string& path, const struct stat& status,
              Random& random);
    ~BtrfsView() override;

    std::string name() const override;
    int root() const override { return root_.get(); }
    const std::string& covers() const override { return covers_; }
    bool is_stand_in(const struct stat& seen) const override;
    bool is_view(int directory, const std::string& name) const override;
    void remove() override;

  private:
    // A handle of the innermost subvolume that holds `path`; sets covers_.
    UniqueFd find_subvolume(const std::string& path);
    void remove_leftovers() const;
    void destroy(const std::string& name) const;

    std::string source_;
    UniqueFd mount_;
    UniqueFd top_;
    std::string covers_;
    std::string name_;  // in the top directory
    UniqueFd root_;     // none: there is no such name (any more)
};

}  // namespace lifeboat::os
