// Sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lifeboat {

// "500", "500k", "20M", "3G", "1T", of 1024 each, in either case; nullopt for anything else.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace lifeboat
