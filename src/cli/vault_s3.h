// S3 as a repository's location names it: its endpoint, and the credentials and Region that AWS's
// own clients would use.
#pragma once

#include <memory>

#include "cli/world.h"
#include "vault/s3_store.h"

namespace lifeboat::cli {

// LIFEBOAT_S3_STORAGE_CLASS is the class of packs. The world outlives the store.
std::unique_ptr<vault::S3Store> s3_store(const vault::S3Location& location, World& world);

}  // namespace lifeboat::cli
