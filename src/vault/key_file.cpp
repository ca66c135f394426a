#include "vault/key_file.h"

#include <cstring>
#include <span>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

namespace lifeboat::vault {
namespace {

// 64 MiB and a fifth of a second: what guessing one password costs.
constexpr std::uint64_t kN = 1 << 16;
constexpr std::uint64_t kR = 8;
constexpr std::uint64_t kP = 1;

template <std::size_t size>
std::string as_base64(const std::array<unsigned char, size>& bytes) {
    return base64_encode({reinterpret_cast<const char*>(bytes.data()), size});
}

std::string bytes_of(const Json& object, std::string_view member) {
    const auto bytes = base64_decode(require_string(object, member));
    if (!bytes)
        throw Error(ErrorCategory::Corruption, "InvalidKeyFile",
                    "member '" + std::string(member) + "' of a key is not base64");
    return *bytes;
}

template <std::size_t size>
void read(std::array<unsigned char, size>& out, const Json& object, std::string_view member) {
    const std::string bytes = bytes_of(object, member);
    if (bytes.size() != size)
        throw Error(ErrorCategory::Corruption, "InvalidKeyFile",
                    "member '" + std::string(member) + "' of a key has a wrong length");
    std::memcpy(out.data(), bytes.data(), size);
}

}  // namespace

std::string make_key_file(const Key& master, std::string_view password, const KeyOwner& owner,
                          Time now, Random& random) {
    std::string salt(64, '\0');
    random.fill(std::as_writable_bytes(std::span(salt)));
    Cipher cipher(Key::derive(password, salt, kN, kR, kP), random);
    const Json keys = {{"mac", {{"k", as_base64(master.mac_k)}, {"r", as_base64(master.mac_r)}}},
                       {"encrypt", as_base64(master.encryption)}};
    return to_text({{"created", to_iso8601(now)},
                    {"username", owner.user},
                    {"hostname", owner.host},
                    {"kdf", "scrypt"},
                    {"N", kN},
                    {"r", kR},
                    {"p", kP},
                    {"salt", base64_encode(salt)},
                    {"data", base64_encode(cipher.seal(to_text(keys)))}});
}

KeyLabel read_key_label(std::string_view text) {
    const Json file = parse_json(text, "a key file");
    return {{string_or(file, "username", ""), string_or(file, "hostname", "")},
            string_or(file, "created", "")};
}

Key open_key_file(std::string_view text, std::string_view password, Random& random) {
    const Json file = parse_json(text, "a key file");
    if (require_string(file, "kdf") != "scrypt")
        throw Error(ErrorCategory::Unsupported, "UnknownKeyDerivation",
                    "the key file asks for '" + require_string(file, "kdf") + "', not scrypt");
    const auto parameter = [&](std::string_view member) {
        return static_cast<std::uint64_t>(require_integer(file, member));
    };
    Cipher cipher(Key::derive(password, bytes_of(file, "salt"), parameter("N"), parameter("r"),
                              parameter("p")),
                  random);
    std::string opened;
    try {
        opened = cipher.open(bytes_of(file, "data"));
    } catch (const Error& error) {
        if (error.code() != "WrongSeal") throw;
        throw Error(ErrorCategory::PermissionDenied, "WrongPassword",
                    "the password does not open this key");
    }
    const Json keys = parse_json(opened, "the master key");
    Key key;
    read(key.encryption, keys, "encrypt");
    read(key.mac_k, require(keys, "mac"), "k");
    read(key.mac_r, require(keys, "mac"), "r");
    return key;
}

}  // namespace lifeboat::vault
