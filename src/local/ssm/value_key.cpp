#include "local/ssm/value_key.h"

#include <openssl/evp.h>

#include <memory>
#include <span>

#include "base/error.h"
#include "os/file.h"

namespace lifeboat::local::ssm {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr char kForm = 1;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

Error damaged(const std::string& what) {
    return Error(ErrorCategory::Corruption, "InternalServerError", what);
}

void require(bool worked) {
    if (!worked)
        throw Error(ErrorCategory::Internal, "InternalServerError",
                    "the cipher of SecureString parameters does not work");
}

std::string random_bytes(Random& random, std::size_t count) {
    std::string result(count, '\0');
    random.fill(std::as_writable_bytes(std::span(result)));
    return result;
}

}  // namespace

std::string ValueKey::key(MissingKey missing) {
    const std::scoped_lock lock(mutex_);
    if (!key_.empty()) return key_;
    if (!std::filesystem::exists(file_)) {
        if (missing == MissingKey::Refuse)
            throw damaged("the key file '" + file_.string() +
                          "' is not there, but SecureString parameters sealed under it are: "
                          "restore the file, or delete those parameters");
        os::publish_file(file_, random_bytes(random_, kKeyBytes), 0600);
    }
    std::string read = os::read_file(file_, kKeyBytes);
    if (read.size() != kKeyBytes)
        throw damaged("the key file '" + file_.string() + "' is damaged: restore it");
    key_ = std::move(read);
    return key_;
}

std::string ValueKey::seal(std::string_view plain, std::string_view context, MissingKey missing) {
    const std::string secret = key(missing);
    const std::string nonce = random_bytes(random_, kNonceBytes);
    std::string ciphertext(plain.size(), '\0');
    std::string tag(kTagBytes, '\0');
    const Context cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int length = 0;
    require(cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(secret),
                                         bytes(nonce)) == 1);
    require(EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes(context),
                              static_cast<int>(context.size())) == 1);
    require(EVP_EncryptUpdate(cipher.get(), bytes(ciphertext), &length, bytes(plain),
                              static_cast<int>(plain.size())) == 1);
    require(EVP_EncryptFinal_ex(cipher.get(), bytes(tag), &length) == 1);
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1);
    return kForm + nonce + ciphertext + tag;
}

std::string ValueKey::open(std::string_view sealed, std::string_view context) {
    const std::string secret = key(MissingKey::Refuse);
    if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed[0] != kForm)
        throw damaged("a stored SecureString value is damaged");
    const std::string_view nonce = sealed.substr(1, kNonceBytes);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));
    const std::string_view ciphertext =
        sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
    std::string plain(ciphertext.size(), '\0');
    const Context cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int length = 0;
    require(cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(secret),
                                         bytes(nonce)) == 1);
    require(EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes(context),
                              static_cast<int>(context.size())) == 1);
    require(EVP_DecryptUpdate(cipher.get(), bytes(plain), &length, bytes(ciphertext),
                              static_cast<int>(ciphertext.size())) == 1);
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
    std::string rest(kTagBytes, '\0');
    if (EVP_DecryptFinal_ex(cipher.get(), bytes(rest), &length) != 1)
        throw damaged("a stored SecureString value is damaged, or sealed under another key");
    return plain;
}

}  // namespace lifeboat::local::ssm
