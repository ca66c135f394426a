// Finding and walking what lies in a snapshot.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "vault/repository.h"
#include "vault/tree.h"

namespace lifeboat::vault {

// The directory `path` below `tree`, with its subtree. `path` has one name at least. Throws
// NotFound.
Node directory_at(Repository& repository, const Id& tree, std::string_view path);
// The tree of the directory `path` below `tree`. Throws NotFound.
Id tree_at(Repository& repository, const Id& tree, std::string_view path);

// The file `path` below `tree`. Throws NotFound; InvalidInput when that is something else.
Node file_at(Repository& repository, const Id& tree, std::string_view path);

// Calls `visit` with every node below `tree`, parents before children, each with its path ("/a/b").
// What it returns says whether to go into a directory. One thread. Throws Corruption, NotFound.
void walk_tree(Repository& repository, const Id& tree, const std::string& path,
               const std::function<bool(const std::string& path, const Node& node)>& visit);

}  // namespace lifeboat::vault
