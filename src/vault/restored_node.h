// Gives what was restored the owner, attributes, mode and times of its node.
#pragma once

#include <functional>
#include <string>

#include "vault/restore.h"
#include "vault/tree.h"

namespace lifeboat::vault {

// For an open file or directory. Owner first, because changing it clears the set-uid bits; the
// mode last, because it may say until then that the file is unfinished. Who is not root cannot give
// files away and is not told so. A file whose owner is mapped to another, or cannot be set, loses
// set-uid and set-gid. What can be set is set, then the Error of the first refusal is thrown.
void apply_node(int fd, const Node& node, const RestoreOptions& options);

// For what cannot be opened: `name` in `directory`, never followed.
void apply_node(int directory, const std::string& name, const Node& node,
                const RestoreOptions& options);

// Removes `name` in `directory` and all below it; returns how many. Never follows a link, and goes
// kMostDepth levels deep. Throws the Error of errno.
std::uint64_t remove_below(int directory, const std::string& name, unsigned depth = 0);
// How many it would remove.
std::uint64_t count_below(int directory, const std::string& name, unsigned depth = 0);

}  // namespace lifeboat::vault
