// The store a repository's location names, as --repo and RESTIC_REPOSITORY give it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/world.h"
#include "vault/store.h"

namespace lifeboat::cli {

// Else it names a server: rest:... or s3:...
bool is_directory_location(std::string_view location);

// A store that is there. Throws NotFound when there is none. The world outlives it.
std::unique_ptr<vault::Store> open_vault_store(const std::string& location, World& world);
// The same for a new repository: makes what must be there first (a directory and its folders).
std::unique_ptr<vault::Store> make_vault_store(const std::string& location, World& world);

}  // namespace lifeboat::cli
