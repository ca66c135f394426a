// Changes tags of snapshots that are saved already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/snapshot.h"

namespace lifeboat::vault {

struct TagChange {
    std::vector<std::string> add, remove;
};

// A snapshot with the changed tags takes the place of `snapshot`, which it names as its original,
// as with restic; nullopt: the tags are so already. Durable on return. The new one is saved first:
// a crash leaves both.
std::optional<Snapshot> change_tags(Repository& repository, const Snapshot& snapshot,
                                    const TagChange& change);

}  // namespace lifeboat::vault
