// Reads many blobs with few requests: in the order in which they lie in their packs, neighbours
// together.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "vault/repository.h"

namespace lifeboat::vault {

using TakeBlob = std::function<void(std::size_t number, std::string_view plain)>;
using FailBlob = std::function<void(std::size_t number, const Error& why)>;

// Calls `take` for each of `ids`, in any order, with its number in `ids` and its bytes, which are
// valid until `take` returns; or `fail` with the reason why no copy of it can be read. What `take`
// throws escapes. A request reads 8 MiB at most, and bytes between two blobs when they are few.
void load_blobs(const Repository& repository, BlobType type, std::span<const Id> ids, Codec& codec,
                const TakeBlob& take, const FailBlob& fail);

}  // namespace lifeboat::vault
