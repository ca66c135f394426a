// A file of `keys/`: a password's way to the repository's master key. Every password has its own.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "vault/cipher.h"

namespace lifeboat::vault {

struct KeyOwner {
    std::string user;
    std::string host;
};

// What a key says openly.
struct KeyLabel {
    KeyOwner owner;
    std::string created;  // RFC 3339; as its maker wrote it
};
// Throws Corruption or InvalidInput for what is no key file.
KeyLabel read_key_label(std::string_view text);

// The file's text: the master key sealed under `password`.
std::string make_key_file(const Key& master, std::string_view password, const KeyOwner& owner,
                          Time now, Random& random);

// The master key. Throws PermissionDenied when the password does not fit; Corruption for what is
// no key file.
Key open_key_file(std::string_view text, std::string_view password, Random& random);

}  // namespace lifeboat::vault
