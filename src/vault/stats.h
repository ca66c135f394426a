// How much snapshots hold, counted in restic's four ways.
#pragma once

#include <cstdint>
#include <vector>

#include "vault/snapshot.h"

namespace lifeboat::vault {

enum class StatsMode {
    RestoreSize,      // what a restore of each writes; a file with several names once
    FilesByContents,  // every file's content once
    BlobsPerFile,     // every path's blobs, each once
    RawData,          // blobs as they lie in packs, each once
};

struct Stats {
    std::uint64_t snapshots = 0;
    std::uint64_t files = 0;  // names of any kind; RawData: not counted
    std::uint64_t blobs = 0;  // BlobsPerFile and RawData
    std::uint64_t bytes = 0;
    std::uint64_t plain_bytes = 0;  // RawData: as it would be stored without compression
};

// The index is loaded. Throws NotFound for blobs the repository lacks, Corruption.
Stats count(Repository& repository, const std::vector<Snapshot>& snapshots, StatsMode mode);

}  // namespace lifeboat::vault
