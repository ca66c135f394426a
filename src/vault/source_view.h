// Where one path of a backup is read: in a view of its file system.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <set>
#include <string>

#include "os/file_view.h"
#include "os/mount_table.h"
#include "os/unique_fd.h"

namespace lifeboat::vault {

class SourceView {
  public:
    // `path` is the path as the snapshot names it, `real` the same without links above its last
    // component; `mount`, of `mounts`, is what that lies on, and `live` what stat says of it.
    // Throws the Error of errno, NotFound when the view does not have it.
    SourceView(std::shared_ptr<const os::FileView> view, std::string path, const std::string& real,
               const os::Mount& mount, const os::MountTable& mounts, const struct stat& live);

    // In the view, a directory and the name in it of what `path` names; "." when that is the whole
    // view.
    int directory() const { return directory_.get(); }
    const std::string& name() const { return name_; }

    // What `path` names, when that is a directory. Throws the Error of errno.
    os::UniqueFd open_directory() const;

    // The device number of files that have `seen` in the view.
    dev_t live_device(dev_t seen) const;

    // Whether `below`, as the snapshot names it, is another view and nothing of the tree; `seen` is
    // what stat says of it. Throws the Error of errno.
    bool hides(const std::string& below, const struct stat& seen) const;
    // Whether the directory `below`, as the snapshot names it, is not in the view but lies in
    // another file system or subvolume; `seen` is what stat says of what is there in its place.
    bool lacks(const std::string& below, const struct stat& seen) const;
    // A handle of that directory as it is now, reached without following links. Throws the Error of
    // errno.
    os::UniqueFd open_live(const std::string& below) const;

  private:
    std::shared_ptr<const os::FileView> view_;
    std::string path_;
    os::UniqueFd live_;                   // O_PATH; none when `path` names no directory
    std::set<std::string> mount_points_;  // relative to `path`
    dev_t live_device_, view_device_;
    os::UniqueFd directory_;
    std::string name_;
};

}  // namespace lifeboat::vault
