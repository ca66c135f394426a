// Where a repository may be mounted, and how that ends.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace lifeboat::mount {

// Says before any work is done why mounting at `path` would fail: throws NotFound when there is no
// such directory, InvalidInput when it is none, or lies in `repository` (a directory; "": none) or
// holds it, AlreadyExists when it is not empty, PermissionDenied, and Unsupported where there is no
// FUSE. Returns the path without links, absolute.
std::filesystem::path require_mount_point(const std::filesystem::path& path,
                                          const std::filesystem::path& repository);

// Is the program there that mounts for users and cleans up after a process that was killed?
bool has_fusermount();

// The device of the file system that is mounted at `path`, an absolute one without links; nullopt
// where none is. Asks the kernel's list and not the file system, which may not answer.
std::optional<dev_t> device_at(const std::filesystem::path& path);

enum class Unmounted { Cleanly, NotMounted, StillInUse };
// Takes away the file system at `path`, if it is the one on `device` and nobody uses it. Throws the
// Error of errno.
Unmounted unmount(const std::filesystem::path& path, dev_t device);
// Takes away the one that is in use, as root: whoever waits for an answer of it gets an error.
// False when it is not gone, as for users: fusermount3 frees its place when the connection is
// closed.
bool cut_off(const std::filesystem::path& path, dev_t device);

}  // namespace lifeboat::mount
