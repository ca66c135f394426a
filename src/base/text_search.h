// Looking for a text in another, in linear time whatever the two are (std::string::find takes the
// product of their lengths for "aaab" in "aaaaaa...").
#pragma once

#include <string_view>

namespace lifeboat {

// The first place at or after `from`; std::string_view::npos when there is none.
std::size_t find_text(std::string_view text, std::string_view piece, std::size_t from = 0);

}  // namespace lifeboat
