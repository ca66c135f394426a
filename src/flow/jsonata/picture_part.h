// The parts of a date's picture string: literal text, and components such as "[Y0001]".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace lifeboat::flow::jsonata {

inline constexpr std::array<const char*, 12> kMonthNames = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::array<const char*, 7> kDayNames = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

struct PicturePart {
    std::string literal;  // or a component:
    char component = 0;
    std::string format;
    std::optional<std::size_t> least, most;  // width
    bool named() const { return !format.empty() && (format[0] == 'N' || format[0] == 'n'); }
};

// Of a picture like "[D1o] [MNn]". D3132, D3134, D3135.
std::vector<PicturePart> parts_of(const std::string& picture);

}  // namespace lifeboat::flow::jsonata
