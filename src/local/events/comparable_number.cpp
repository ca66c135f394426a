#include "local/events/comparable_number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace lifeboat::local::events {
namespace {

// 0.<digits> * 10^exponent; no zeros at either end, no digits for zero.
struct Decimal {
    bool negative = false;
    std::string digits;
    long long exponent = 0;

    bool operator==(const Decimal& other) const {
        if (digits.empty() && other.digits.empty()) return true;
        return negative == other.negative && digits == other.digits && exponent == other.exponent;
    }
};

Decimal read_decimal(std::string_view text) {
    Decimal decimal;
    if (text.starts_with('-')) {
        decimal.negative = true;
        text.remove_prefix(1);
    }
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view exponent = text.substr(e + 1);
        if (exponent.starts_with('+')) exponent.remove_prefix(1);
        std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.exponent);
    }
    bool fraction = false;
    for (const char c : text.substr(0, e)) {
        if (c == '.') {
            fraction = true;
            continue;
        }
        if (!fraction && (c != '0' || !decimal.digits.empty())) ++decimal.exponent;
        if (c == '0' && decimal.digits.empty()) {
            if (fraction) --decimal.exponent;
            continue;
        }
        decimal.digits += c;
    }
    while (decimal.digits.ends_with('0'))
        decimal.digits.pop_back();
    return decimal;
}

}  // namespace

std::optional<double> comparable_number(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ptr != text.data() + text.size() || text.empty()) return std::nullopt;
    const Decimal written = read_decimal(text);
    if (read.ec != std::errc() && !written.digits.empty()) return std::nullopt;
    if (!std::isfinite(value)) return std::nullopt;
    std::array<char, 64> shortest{};
    const auto end = std::to_chars(shortest.data(), shortest.data() + shortest.size(), value).ptr;
    if (!(read_decimal({shortest.data(), end}) == written)) return std::nullopt;
    return value == 0 ? 0.0 : value;
}

}  // namespace lifeboat::local::events
