#include "vault/cipher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>
#include <span>

#include "base/error.h"
#include "base/random.h"
#include "vault/scrypt.h"
#include "vault/wide_cipher.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kBlock = 16;

void require(bool worked, const char* what) {
    if (!worked)
        throw Error(ErrorCategory::Internal, "CryptographyUnavailable",
                    std::string("the cryptography library refused ") + what);
}

const unsigned char* raw(const char* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}

}  // namespace

Key Key::random(Random& random) {
    Key key;
    random.fill(std::as_writable_bytes(std::span(key.encryption)));
    random.fill(std::as_writable_bytes(std::span(key.mac_k)));
    random.fill(std::as_writable_bytes(std::span(key.mac_r)));
    // The bits Poly1305 wants clear.
    for (const int i : {3, 7, 11, 15})
        key.mac_r[static_cast<std::size_t>(i)] &= 15;
    for (const int i : {4, 8, 12})
        key.mac_r[static_cast<std::size_t>(i)] &= 252;
    return key;
}

Key Key::derive(std::string_view password, std::string_view salt, std::uint64_t n, std::uint64_t r,
                std::uint64_t p) {
    std::array<unsigned char, 64> out = scrypt(password, salt, n, r, p);
    Key key;
    std::memcpy(key.encryption.data(), out.data(), 32);
    std::memcpy(key.mac_k.data(), out.data() + 32, 16);
    std::memcpy(key.mac_r.data(), out.data() + 48, 16);
    OPENSSL_cleanse(out.data(), out.size());
    return key;
}

struct Cipher::Contexts {
    EVP_CIPHER_CTX* stream = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX* nonce = EVP_CIPHER_CTX_new();
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
    EVP_MAC_CTX* mac = EVP_MAC_CTX_new(algorithm);
    std::unique_ptr<WideCipher> wide;

    ~Contexts() {
        EVP_CIPHER_CTX_free(stream);
        EVP_CIPHER_CTX_free(nonce);
        EVP_MAC_CTX_free(mac);
        EVP_MAC_free(algorithm);
    }
};

Cipher::Cipher(const Key& key, Random& random, bool is_wide)
    : key_(key), random_(random), contexts_(std::make_unique<Contexts>()) {
    if (is_wide) contexts_->wide = WideCipher::create(key_.encryption);
    require(EVP_EncryptInit_ex2(contexts_->stream, EVP_aes_256_ctr(), key_.encryption.data(),
                                nullptr, nullptr) == 1,
            "AES-256-CTR");
    require(EVP_EncryptInit_ex2(contexts_->nonce, EVP_aes_128_ecb(), key_.mac_k.data(), nullptr,
                                nullptr) == 1,
            "AES-128");
    EVP_CIPHER_CTX_set_padding(contexts_->nonce, 0);
}

Cipher::~Cipher() {
    OPENSSL_cleanse(&key_, sizeof key_);
}

void Cipher::crypt(const char* iv, std::string_view in, char* out) {
    if (contexts_->wide) return contexts_->wide->crypt(iv, in, out);
    int written = 0;
    require(EVP_EncryptInit_ex2(contexts_->stream, nullptr, nullptr, raw(iv), nullptr) == 1 &&
                EVP_EncryptUpdate(contexts_->stream, reinterpret_cast<unsigned char*>(out),
                                  &written, raw(in.data()), static_cast<int>(in.size())) == 1,
            "to encrypt");
}

void Cipher::authenticate(const char* iv, std::string_view ciphertext, unsigned char* mac) {
    std::array<unsigned char, 2 * kBlock> one_time{};
    std::memcpy(one_time.data(), key_.mac_r.data(), kBlock);
    int written = 0;
    std::size_t length = 0;
    require(EVP_EncryptUpdate(contexts_->nonce, one_time.data() + kBlock, &written, raw(iv),
                              kBlock) == 1,
            "to encrypt a nonce");
    if (contexts_->wide) return contexts_->wide->authenticate(one_time.data(), ciphertext, mac);
    require(EVP_MAC_init(contexts_->mac, one_time.data(), one_time.size(), nullptr) == 1 &&
                EVP_MAC_update(contexts_->mac, raw(ciphertext.data()), ciphertext.size()) == 1 &&
                EVP_MAC_final(contexts_->mac, mac, &length, kBlock) == 1 && length == kBlock,
            "to authenticate");
}

void Cipher::seal(std::string_view plain, char* out) {
    random_.fill(std::as_writable_bytes(std::span(out, kBlock)));
    crypt(out, plain, out + kBlock);
    authenticate(out, {out + kBlock, plain.size()},
                 reinterpret_cast<unsigned char*>(out + kBlock + plain.size()));
}

std::string Cipher::seal(std::string_view plain) {
    std::string out(plain.size() + kSealOverhead, '\0');
    seal(plain, out.data());
    return out;
}

void Cipher::open(std::string_view sealed, char* out) {
    bool fits = sealed.size() >= kSealOverhead;
    if (fits) {
        std::array<unsigned char, kBlock> mac{};
        authenticate(sealed.data(), sealed.substr(kBlock, sealed.size() - kSealOverhead),
                     mac.data());
        fits = CRYPTO_memcmp(mac.data(), sealed.data() + sealed.size() - kBlock, kBlock) == 0;
    }
    if (!fits)
        throw Error(ErrorCategory::Corruption, "WrongSeal",
                    "the seal of " + std::to_string(sealed.size()) +
                        " encrypted bytes does not fit: they are damaged, or sealed with another "
                        "key");
    crypt(sealed.data(), sealed.substr(kBlock, sealed.size() - kSealOverhead), out);
}

void Cipher::open(std::string_view sealed, Bytes& out) {
    open(sealed, out.reset(sealed.size() < kSealOverhead ? 0 : sealed.size() - kSealOverhead));
}

std::string Cipher::open(std::string_view sealed) {
    std::string out(sealed.size() < kSealOverhead ? 0 : sealed.size() - kSealOverhead, '\0');
    open(sealed, out.data());
    return out;
}

}  // namespace lifeboat::vault
