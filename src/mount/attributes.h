// What stat says of a node.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>

#include "vault/tree.h"

namespace lifeboat::mount {

struct Owner {
    uid_t uid;
    gid_t gid;
};

// Type, permissions, times, sizes, links and device as they were saved; owners, too, unless there
// is another one. st_ino is left to the caller. Directories count no links (1, as btrfs has it):
// that would take reading each of them.
struct stat status_of(const vault::Node& node, const std::optional<Owner>& owner);
// Of a directory nobody can write to, or of a link whose target has `target_size` bytes.
struct stat status_of_folder(const vault::ZonedTime& time, const Owner& owner);
struct stat status_of_link(const vault::ZonedTime& time, const Owner& owner,
                           std::size_t target_size);

}  // namespace lifeboat::mount
