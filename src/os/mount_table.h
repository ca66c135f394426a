// What is mounted where, as the kernel lists it for this process (proc_pid_mountinfo(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::os {

struct Mount {
    std::uint64_t id = 0;
    std::string device;  // "major:minor"
    std::string root;    // the directory of the file system that is mounted, as that names it
    std::string point;   // where: absolute
    std::string type;    // "btrfs"
    std::string source;  // "/dev/sda1"; of ZFS the data set
    // The file system, not only this mount of it: nobody writes it.
    bool is_read_only = false;
};

class MountTable {
  public:
    // Of the text of a mountinfo file. Throws Error{Corruption, "MountTableUnreadable"}.
    explicit MountTable(std::string_view text);
    // As it is now. Throws the Error of errno.
    static MountTable read();

    // In the order of mounting.
    const std::vector<Mount>& all() const { return mounts_; }
    // What `path` lies on, without following it if it is a link. Throws the Error of errno,
    // NotFound when it lies on nothing this lists.
    const Mount& of(const std::string& path) const;
    // The mount points strictly below the directory `path`, without those below another of them.
    std::vector<std::string> points_below(const std::string& path) const;

  private:
    std::vector<Mount> mounts_;
};

// What `path`, which lies on `mount`, is called from the root of its file system: "/a/b". Throws
// InvalidInput for a path that is not below the mount point.
std::string path_in_file_system(const Mount& mount, const std::string& path);

// Is `path` the directory `above`, or does it lie below it? Both absolute, without a slash at the
// end but for "/".
bool is_at_or_below(std::string_view path, std::string_view above);

}  // namespace lifeboat::os
