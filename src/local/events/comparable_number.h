// Numbers in event patterns and events are compared as numbers, however they are written, as long
// as a double holds them exactly enough to be told apart.
#pragma once

#include <optional>
#include <string_view>

namespace lifeboat::local::events {

// The number that the JSON number `text` means; nullopt when its digits do not fit a double (its
// shortest decimal form is another number), so that only its text can be compared.
std::optional<double> comparable_number(std::string_view text);

}  // namespace lifeboat::local::events
