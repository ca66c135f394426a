// Is a repository whole? Every snapshot's trees and blobs are in the index, every pack the index
// names is there; with ReadData every byte of every pack is what it should be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/repository.h"

namespace lifeboat::vault {

enum class CheckDepth { Structure, ReadData };

struct CheckReport {
    std::uint64_t snapshots = 0;
    std::uint64_t trees = 0;
    std::uint64_t packs = 0;
    std::uint64_t bytes_read = 0;     // of packs
    std::vector<std::string> damage;  // one sentence each; empty: whole
};

// Loads the index. What is damaged is in the report; errors are thrown only when nothing can be
// said (the store does not answer).
// Packs are read by `workers` at a time, one pack of memory each.
CheckReport check(Repository& repository, CheckDepth depth, unsigned workers = 2);

}  // namespace lifeboat::vault
