// The manual page lifeboat(1), made from the command line itself.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_tree.h"

namespace lifeboat::cli {

// In roff, with the man macros: `lifeboat man | man -l -`.
std::string manual_page(const CommandShape& root, std::string_view version);

}  // namespace lifeboat::cli
