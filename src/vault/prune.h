// Gives back the room of what no snapshot needs, in two phases and beside running backups.
//
// First, what is still needed of packs that are mostly unneeded is written into new packs, and a
// new index takes the place of the old: from then on nobody who reads the index can come to rely on
// the others, which are marked as doomed. Then, in this run or a later one, a doomed pack is
// deleted when the margin has passed since it was marked and nobody who held a lock at that time
// holds it any more. A backup that began before has ended by then; what it relied on and its
// snapshot needs is found, before anything is deleted, and indexed again. That holds for one that
// ends while a prune runs, too: when it has a new index, a prune looks once more at what came. One
// that ends later than the prune indexes again itself what its snapshot needs.
//
// Marks lie in an index file of our own, under a member restic does not look at. Where restic
// rewrote the index they are lost and made anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "vault/lock.h"
#include "vault/repository.h"

namespace lifeboat::vault {

struct PruneOptions {
    // Long enough for the clocks of all who write; what holds locks is waited for in any case.
    std::chrono::seconds margin{std::chrono::hours(1)};
    // Packs that are needed in part are rewritten when more than this share of theirs is not; cold
    // ones stay whole.
    double most_unused = 0.05;
    bool dry_run = false;
};

struct PruneReport {
    std::uint64_t needed_bytes = 0;     // of packs that stay as they are
    std::uint64_t rewritten_bytes = 0;  // of packs that were rewritten for their needed part
    std::uint64_t doomed_packs = 0, doomed_bytes = 0;    // that wait
    std::uint64_t deleted_packs = 0, deleted_bytes = 0;  // or would be, in a dry run
    std::uint64_t rescued_packs = 0;  // that were doomed, or in no index, and are needed
};

// `lock` is held on the repository, whose index is not loaded yet. Throws Corruption, and changes
// nothing, when snapshots need what the repository lacks: check and repair come first.
// Throws Cancelled after a stop request; the next prune goes on from there.
PruneReport prune(Repository& repository, Lock& lock, const Clock& clock,
                  const PruneOptions& options, const std::stop_token& stop = {});

}  // namespace lifeboat::vault
