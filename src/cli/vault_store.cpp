#include "cli/vault_store.h"

#include "vault/directory_store.h"

namespace lifeboat::cli {

std::unique_ptr<vault::Store> open_vault_store(const std::string& location, World& world) {
    return std::make_unique<vault::DirectoryStore>(location, world.random());
}

std::unique_ptr<vault::Store> make_vault_store(const std::string& location, World& world) {
    vault::DirectoryStore::make(location);
    return open_vault_store(location, world);
}

}  // namespace lifeboat::cli
