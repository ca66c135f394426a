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

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::string Id::hex() const {
    return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<Id> Id::parse(std::string_view hex) {
    Id id;
    if (hex.size() != 2 * id.bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[i] = static_cast<unsigned char>(high << 4 | low);
    }
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
