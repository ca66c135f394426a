// Is a repository whole? Every snapshot's trees and blobs are in the index, every pack the index
// names is there and long enough; with ReadData every byte of every pack is what it should be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/pack_subset.h"
#include "vault/repository.h"

namespace lifeboat::vault {

enum class CheckDepth { Structure, ReadData };

struct CheckOptions {
    CheckDepth depth = CheckDepth::Structure;
    PackSubset subset{};  // of the packs to read
    // Packs are read by so many at a time, one pack of memory each.
    unsigned workers = 2;
};

struct CheckReport {
    std::uint64_t snapshots = 0;
    std::uint64_t trees = 0;
    std::uint64_t packs = 0;
    std::uint64_t packs_read = 0;
    std::uint64_t packs_frozen = 0;   // not read, as they would have to be thawed first
    std::uint64_t bytes_read = 0;     // of packs
    std::vector<std::string> damage;  // one sentence each; empty: whole
};

// Loads the index. What is damaged is in the report; errors are thrown only when nothing can be
// said (the store does not answer).
CheckReport check(Repository& repository, const CheckOptions& options);

}  // namespace lifeboat::vault
