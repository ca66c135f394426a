#include "vault/keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"

namespace lifeboat::vault {

std::vector<ListedKey> list_keys(const Repository& repository) {
    std::vector<ListedKey> keys;
    repository.store().each(FileKind::Key, [&](const std::string& name, std::uint64_t) {
        keys.push_back({name, {}, name == repository.key_name()});
    });
    for (ListedKey& key : keys) {
        try {
            key.label = read_key_label(repository.store().load(FileKind::Key, key.name));
        } catch (const Error& error) {
            if (error.category() == ErrorCategory::Unavailable) throw;
        }
    }
    std::sort(keys.begin(), keys.end(),
              [](const ListedKey& a, const ListedKey& b) { return a.name < b.name; });
    return keys;
}

std::string add_key(const Repository& repository, std::string_view password, const KeyOwner& owner,
                    const Clock& clock) {
    const std::string text = repository.make_key_file(password, owner, clock.now());
    const std::string name = Id::of(text).hex();
    repository.store().save(FileKind::Key, name, text);
    return name;
}

std::string remove_key(const Repository& repository, const std::string& name) {
    std::vector<std::string> fitting;
    for (const ListedKey& key : list_keys(repository))
        if (!name.empty() && key.name.starts_with(name)) fitting.push_back(key.name);
    if (fitting.empty())
        throw Error(ErrorCategory::NotFound, "KeyNotFound",
                    "there is no key '" + name + "'; `lifeboat vault key list` shows them");
    if (fitting.size() > 1)
        throw Error(
            ErrorCategory::InvalidInput, "AmbiguousKey",
            std::to_string(fitting.size()) + " keys start with '" + name + "'; give more digits");
    if (fitting[0] == repository.key_name())
        throw Error(ErrorCategory::InvalidInput, "KeyInUse",
                    "this is the key of the password you gave; use another password to remove it, "
                    "or `lifeboat vault key passwd` to replace it");
    repository.store().remove(FileKind::Key, fitting[0]);
    return fitting[0];
}

std::string change_password(const Repository& repository, std::string_view password,
                            const KeyOwner& owner, const Clock& clock) {
    const std::string added = add_key(repository, password, owner, clock);
    fault::reach("vault.key.added");
    repository.store().remove(FileKind::Key, repository.key_name());
    return added;
}

}  // namespace lifeboat::vault
