// What differs between two trees.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "vault/repository.h"
#include "vault/tree.h"

namespace lifeboat::vault {

enum class Difference { Added, Removed, Content, Metadata, Type };

// Calls `tell` for each path that differs; trees with the same id are not looked into. What lies
// below an added or removed directory is told, too. Throws Corruption, NotFound.
void diff_trees(
    Repository& repository, const Id& before, const Id& after,
    const std::function<void(Difference, const std::string& path, const Node& node)>& tell);

}  // namespace lifeboat::vault
