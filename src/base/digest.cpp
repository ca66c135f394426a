#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

#include "base/error.h"

namespace lifeboat {
namespace {

[[noreturn]] void refused(const char* what) {
    throw Error(ErrorCategory::Internal, "DigestUnavailable",
                std::string("the cryptography library refused to compute ") + what);
}

// Looking an algorithm up takes longer than the digest of a short text.
const EVP_MD* sha256_kind() {
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kind(
        EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
    return kind.get();
}

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

// A thread's own contexts: making one takes longer than the digest of a short text, too.
EVP_MD_CTX* digest_context() {
    thread_local const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    return context.get();
}

// HMAC-SHA256, without a key between two uses.
EVP_MAC_CTX* hmac_sha256_context() {
    thread_local const MacContext context = [] {
        const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
            EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
        MacContext made(EVP_MAC_CTX_new(mac.get()), &EVP_MAC_CTX_free);
        char name[] = "SHA256";
        const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
            OSSL_PARAM_construct_end()};
        if (EVP_MAC_CTX_set_params(made.get(), parameters) != 1) refused("an HMAC");
        return made;
    }();
    return context.get();
}

std::string digest(const EVP_MD* kind, std::string_view bytes) {
    std::string out(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
    EVP_MD_CTX* const context = digest_context();
    if (EVP_DigestInit_ex2(context, kind, nullptr) != 1 ||
        EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), nullptr) != 1)
        refused("a digest");
    return out;
}

}  // namespace

std::string sha256(std::string_view bytes) {
    return digest(sha256_kind(), bytes);
}

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
    static void require(int result) {
        if (result != 1) refused("a digest");
    }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    State::require(EVP_DigestInit_ex(state_->context, sha256_kind(), nullptr));
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
    std::size_t length = 0;
    const auto octets = [](std::string_view text) {
        return reinterpret_cast<const unsigned char*>(text.empty() ? "" : text.data());
    };
    EVP_MAC_CTX* const context = hmac_sha256_context();
    if (EVP_MAC_init(context, octets(key), key.size(), nullptr) != 1 ||
        EVP_MAC_update(context, octets(bytes), bytes.size()) != 1 ||
        EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &length, out.size()) !=
            1)
        refused("an HMAC");
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lifeboat
