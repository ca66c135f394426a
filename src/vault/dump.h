// A file of a snapshot as a stream.
#pragma once

#include <functional>
#include <string_view>

#include "vault/browser.h"
#include "vault/tree.h"

namespace lifeboat::vault {

// Gives the bytes of a file to `sink`, in order and in parts; the next ones are read meanwhile.
// Throws Corruption, NotFound, what the store and `sink` throw; what came before was right.
void dump(Browser& browser, const Node& file, const std::function<void(std::string_view)>& sink);

}  // namespace lifeboat::vault
