#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"

namespace lifeboat {
namespace {

std::string digest(const EVP_MD* kind, std::string_view bytes) {
    std::string out(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()),
                   &length, kind, nullptr) != 1)
        throw Error(ErrorCategory::Internal, "DigestUnavailable",
                    "the cryptography library refused to compute a digest");
    return out;
}

}  // namespace

std::string sha256(std::string_view bytes) {
    return digest(EVP_sha256(), bytes);
}

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
    static void require(int result) {
        if (result != 1)
            throw Error(ErrorCategory::Internal, "DigestUnavailable",
                        "the cryptography library refused to compute a digest");
    }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    State::require(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
    State::require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
    std::string out(32, '\0');
    State::require(
        EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()), nullptr));
    return out;
}

std::string sha1(std::string_view bytes) {
    return digest(EVP_sha1(), bytes);
}
std::string md5(std::string_view bytes) {
    return digest(EVP_md5(), bytes);
}
std::string sha384(std::string_view bytes) {
    return digest(EVP_sha384(), bytes);
}
std::string sha512(std::string_view bytes) {
    return digest(EVP_sha512(), bytes);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string out(32, '\0');
    unsigned int length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
             reinterpret_cast<unsigned char*>(out.data()), &length) == nullptr)
        throw Error(ErrorCategory::Internal, "DigestUnavailable",
                    "the cryptography library refused to compute an HMAC");
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lifeboat
