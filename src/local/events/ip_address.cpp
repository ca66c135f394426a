#include "local/events/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace lifeboat::local::events {
namespace {

constexpr std::size_t kLongestIpv4 = 15;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Looks like figures with dots (four groups), or like hexadecimal figures with colons.
bool looks_like_ipv4(std::string_view text) {
    int dots = 0;
    bool figure = false;
    for (char c : text) {
        if (c == '.') {
            if (!figure) return false;
            ++dots;
            figure = false;
        } else if (is_digit(c)) {
            figure = true;
        } else {
            return false;
        }
    }
    return dots == 3 && figure;
}

bool looks_like_ipv6(std::string_view text) {
    return text.find(':') != std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [](char c) { return c == ':' || is_hex(c); });
}

std::optional<std::string> parse_ipv4(std::string_view text) {
    if (text.size() > kLongestIpv4) return std::nullopt;
    std::string bytes;
    while (bytes.size() < 4) {
        const std::string_view group = text.substr(0, text.find('.'));
        unsigned value = 0;
        std::from_chars(group.data(), group.data() + group.size(), value);
        if (value > 255) return std::nullopt;
        bytes += static_cast<char>(value);
        text.remove_prefix(std::min(text.size(), group.size() + 1));
    }
    return bytes;
}

std::optional<std::string> parse_ipv6(std::string_view text) {
    std::string bytes(16, '\0');
    if (inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
    static const std::string kMapped = std::string(10, '\0') + "\xff\xff";
    if (bytes.starts_with(kMapped)) return bytes.substr(12);
    return bytes;
}

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "InvalidCidr", message);
}

std::string require_address(std::string_view text) {
    if (!looks_like_ipv4(text) && !looks_like_ipv6(text))
        refuse("Nonstandard IP address: " + std::string(text));
    auto bytes = parse_ip_address(text);
    if (!bytes) refuse("Invalid IP address: " + std::string(text));
    return *bytes;
}

}  // namespace

std::optional<std::string> parse_ip_address(std::string_view text) {
    if (looks_like_ipv4(text)) return parse_ipv4(text);
    if (looks_like_ipv6(text)) return parse_ipv6(text);
    return std::nullopt;
}

bool AddressBlock::contains(std::string_view address) const {
    return address.size() == first.size() && address >= first && address <= last;
}

AddressBlock parse_cidr(std::string_view text) {
    // Slashes at the end do not start another part.
    while (text.ends_with('/'))
        text.remove_suffix(1);
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos)
        refuse("Malformed CIDR, one '/' required");
    std::string_view figures = text.substr(slash + 1);
    if (figures.starts_with('+') && figures.size() > 1 && is_digit(figures[1]))
        figures.remove_prefix(1);
    int bits = 0;
    const auto read = std::from_chars(figures.data(), figures.data() + figures.size(), bits);
    if (read.ec != std::errc() || read.ptr != figures.data() + figures.size())
        refuse("Malformed CIDR, mask bits must be an integer");
    if (bits < 0) refuse("Malformed CIDR, mask bits must not be negative");
    const std::string address = require_address(text.substr(0, slash));
    const int width = static_cast<int>(address.size()) * 8;
    if (bits >= width)
        refuse(width == 32 ? "IPv4 mask bits must be < 32" : "IPv6 mask bits must be < 128");
    AddressBlock block{address, address};
    for (int bit = bits; bit < width; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
        block.first[byte] =
            static_cast<char>(static_cast<unsigned char>(block.first[byte]) & ~mask);
        block.last[byte] = static_cast<char>(static_cast<unsigned char>(block.last[byte]) | mask);
    }
    return block;
}

}  // namespace lifeboat::local::events
