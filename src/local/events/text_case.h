// Upper and lower case beyond ASCII, for the ...-ignore-case operators.
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::local::events {

// Two texts that differ only in case have the same folded text. Covers the simple one-to-one pairs
// of the Latin, Greek, Cyrillic, Armenian, Georgian and full-width letters (Unicode,
// CaseFolding.txt, status C); letters without such a pair stay as they are.
std::string fold_case(std::string_view utf8);

}  // namespace lifeboat::local::events
