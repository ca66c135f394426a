// scrypt (RFC 7914), which makes a key of a password. Its lanes are worked on at the same time:
// that is why it is not OpenSSL's, whose lanes wait for each other.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lifeboat::vault {

// Throws InvalidInput for parameters that have no meaning (n is a power of two above 1), or for
// which one lane asks for more than 512 MiB, or all of them for more than some seconds: whoever may
// add keys could keep all others busy for days. As many lanes are held in memory as there are
// processors, if that limit allows.
std::array<unsigned char, 64> scrypt(std::string_view password, std::string_view salt,
                                     std::uint64_t n, std::uint64_t r, std::uint64_t p);

}  // namespace lifeboat::vault
