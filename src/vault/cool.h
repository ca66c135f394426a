// Moves old packs of data, which none but old snapshots need, into a cold class. Trees, indexes and
// snapshots stay hot, so that everything can be looked at, and backups find what they have.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "vault/repository.h"

namespace lifeboat::vault {

struct CoolOptions {
    // Packs and snapshots from before are old.
    Time before;
    // One of the store's; "" where it has but one.
    std::string storage_class;
    // Also what the newest snapshot of a host and its paths needs, when that is old, too.
    bool newest_too = false;
    bool dry_run = false;
    // Packs are moved by so many at a time, one pack of memory each.
    unsigned workers = 2;
};

struct CoolProgress {
    std::atomic<std::uint64_t> packs{0}, bytes{0};  // moved
};

struct CoolReport {
    std::uint64_t packs = 0, bytes = 0;            // moved, or would be in a dry run
    std::uint64_t cold_packs = 0, cold_bytes = 0;  // cold before
    std::uint64_t hot_packs = 0, hot_bytes = 0;    // that stay so
    std::vector<std::string> problems;             // packs that are damaged, and stay
};

// The repository's index is not loaded yet; a lock is held on it. May be ended at any instruction
// and run again. Throws Unsupported when the store has no classes; Corruption, and moves nothing,
// when it cannot be said what snapshots need; what the store throws, and leaves moved what was.
// Throws Cancelled after a stop request; what was moved stays so, and the next goes on.
CoolReport cool(Repository& repository, const CoolOptions& options, CoolProgress& progress,
                const std::stop_token& stop = {});

}  // namespace lifeboat::vault
