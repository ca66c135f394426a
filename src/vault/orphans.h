// Packs that lie in the store and in no index: a backup was cut short, or a prune waits.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "vault/lock.h"
#include "vault/repository.h"

namespace lifeboat::vault {

// The packs called `names`, as their own headers say. Those that cannot be read are passed over.
std::vector<PackEntry> read_headers(Repository& repository, const std::set<std::string>& names);

// Writes index files for `packs`, a bounded number of blobs each.
void save_index(Repository& repository, std::vector<PackEntry> packs);

// Gives such packs an index, so that what they hold is not written again; for after a crash, while
// nobody else holds a lock. The index is loaded. Those that wait for their deletion are left: a
// prune that began since may delete them. Returns how many.
std::size_t adopt_orphans(Repository& repository);
// The same before a backup that holds `lock`, where that found the lock of somebody who died and
// nobody works beside it: beside a prune such packs may go at any time. While a cold
// directory is away nothing is done.
void adopt_orphans_of_the_dead(Repository& repository, Lock& lock);

// For one who relied on the index as the repository read it, holds a lock since, and has saved a
// snapshot of `tree`: what of the packs it needs a prune has taken out of the index meanwhile is
// indexed again. Returns how many. Throws Corruption when something is not there any more.
std::size_t index_again(Repository& repository, const Id& tree);

// Makes a new index of the headers of all packs, then removes the old one. Of a pack whose header
// is damaged it keeps what the old one said: its blobs may be whole. Returns how many packs there
// are.
std::size_t rebuild_index(Repository& repository);

}  // namespace lifeboat::vault
