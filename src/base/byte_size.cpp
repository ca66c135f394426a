#include "base/byte_size.h"

#include <charconv>

namespace lifeboat {

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return number;
    constexpr std::string_view kUnits = "kKmMgGtT";
    const auto unit = kUnits.find(text[0]);
    if (text.size() > 1 || unit == std::string_view::npos) return std::nullopt;
    const auto shift = static_cast<unsigned>(10 * (unit / 2 + 1));
    if (number > UINT64_MAX >> shift) return std::nullopt;
    return number << shift;
}

}  // namespace lifeboat
