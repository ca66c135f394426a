// Directories as handles: look at, open, list and remove what lies in them, one name at a time.
//
// A path that is resolved twice can mean two different things when somebody else owns the tree.
// These calls take a handle of the directory and one name in it, never follow a symbolic link, and
// so stay where the caller is whatever happens to the names above.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace lifeboat::os {

// May a name lead into another mounted file system?
enum class Mounts { Refuse, Cross };

// Opens `name`, one component, in `directory`. O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK and O_NOCTTY are
// added: a symbolic link fails with ELOOP, a FIFO does not block. With Mounts::Refuse a mount point
// fails with EXDEV. O_NOATIME is tried and given up when the caller may not ask for it. Throws the
// Error of errno; InvalidInput for a name that is empty, ".", ".." or holds a slash.
UniqueFd open_below(int directory, const std::string& name, int flags, mode_t mode = 0,
                    Mounts mounts = Mounts::Refuse);

// Opens the directory at `path` below `root`, component by component as open_below does; empty
// components are skipped, so "", "/" and "a//b/" are fine and ".." is refused. With
// `create_mode` missing directories are made.
UniqueFd open_directory_below(int root, std::string_view path,
                              std::optional<mode_t> create_mode = std::nullopt,
                              Mounts mounts = Mounts::Refuse);

// A second handle of the same open directory.
UniqueFd duplicate(int fd);

// fstatat without following; nullopt when there is no such name. Throws the Error of errno.
std::optional<struct stat> look_at(int directory, const std::string& name);
struct stat look_at(int fd);
bool is_same_file(const struct stat& a, const struct stat& b);

// Calls `visit` for every name but "." and ".."; `type` is a DT_ constant, possibly DT_UNKNOWN.
// `visit` returns false to stop. Nothing is gathered: a directory may hold millions. Throws the
// Error of errno.
void each_name(int directory,
               const std::function<bool(const std::string& name, unsigned char type)>& visit);

// The target of the symbolic link `name`. Throws the Error of errno.
std::string read_link(int directory, const std::string& name);

// Is the directory `inner` the directory `outer` or somewhere below it? Walks up from `inner`.
bool is_within(int inner, int outer);

}  // namespace lifeboat::os
