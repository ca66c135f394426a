#include "vault/id.h"

#include <openssl/evp.h>

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::vault {
namespace {

// Fetched once: looking the algorithm up costs more than hashing a small file.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return algorithm;
}

// What a character stands for; kNoDigit: nothing. A table, because digits are not to be foreseen,
// and indexes have millions of them.
constexpr unsigned char kNoDigit = 0xF0;
constexpr std::array<unsigned char, 256> kDigits = [] {
    std::array<unsigned char, 256> digits{};
    digits.fill(kNoDigit);
    for (unsigned char i = 0; i < 16; ++i)
        digits[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
    return digits;
}();

}  // namespace

std::string Id::hex() const {
    return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<Id> Id::parse(std::string_view hex) {
    Id id;
    if (hex.size() != 2 * id.bytes.size()) return std::nullopt;
    unsigned char all = 0;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        const unsigned char high = kDigits[static_cast<unsigned char>(hex[2 * i])];
        const unsigned char low = kDigits[static_cast<unsigned char>(hex[2 * i + 1])];
        all |= high | low;
        id.bytes[i] = static_cast<unsigned char>(high << 4 | low);
    }
    if (all >= 16) return std::nullopt;
    return id;
}

Id Id::of(std::string_view content) {
    Id id;
    if (EVP_Digest(content.data(), content.size(), id.bytes.data(), nullptr, sha256_algorithm(),
                   nullptr) != 1)
        throw Error(ErrorCategory::Internal, "DigestUnavailable",
                    "the cryptography library refused to compute SHA-256");
    return id;
}

}  // namespace lifeboat::vault
