// The passwords of a repository: each has a key of its own, and all open the same master key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vault/repository.h"

namespace lifeboat::vault {

struct ListedKey {
    std::string name;  // of its file
    KeyLabel label;
    bool is_current = false;  // the one this repository was opened with
};
// Sorted by name. Keys that cannot be read have empty labels.
std::vector<ListedKey> list_keys(const Repository& repository);

// Returns the new key's name. Durable on return.
std::string add_key(const Repository& repository, std::string_view password, const KeyOwner& owner,
                    const Clock& clock);

// By the start of its name. Throws NotFound; InvalidInput when several start so, and for the
// current key: without it a repository may be closed for good.
std::string remove_key(const Repository& repository, const std::string& name);

// Adds a key and removes the current one. A crash between leaves both.
std::string change_password(const Repository& repository, std::string_view password,
                            const KeyOwner& owner, const Clock& clock);

}  // namespace lifeboat::vault
