// IP addresses and address blocks, as event patterns compare them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lifeboat::local::events {

// The 4 or 16 bytes of an address written in figures; an IPv4 address mapped into IPv6 is the IPv4
// address. nullopt for anything else: names are never looked up.
std::optional<std::string> parse_ip_address(std::string_view text);

struct AddressBlock {
    std::string first;  // bytes of the lowest address
    std::string last;   // bytes of the highest

    bool contains(std::string_view address) const;
};

// "10.0.0.0/24", "2001:db8::/32". Throws Error{InvalidInput, "InvalidCidr"} in EventBridge's words.
AddressBlock parse_cidr(std::string_view text);

}  // namespace lifeboat::local::events
