// A tree as a directory that can be shown: by name, without what no file system can hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vault/tree.h"

namespace lifeboat::vault {

// Can it name something in a directory of Linux: one component of 1 to 255 bytes, neither "." nor
// ".."?
bool is_component(std::string_view name);

struct TreeListing {
    std::vector<Node> nodes;  // by name, each name once
    // What was left out: names that are none, names that were there already, files of no known
    // type.
    std::size_t hidden = 0;
    std::string first_hidden;

    // nullptr: no such name.
    const Node* find(std::string_view name) const;
    // In memory, about.
    std::size_t bytes() const;
};

TreeListing list_tree(std::vector<Node> nodes);

}  // namespace lifeboat::vault
