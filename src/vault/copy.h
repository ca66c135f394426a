// Copies snapshots from one repository to another: what they need is opened with the key of one and
// sealed with that of the other. Blobs keep their ids, so what the other one has already is not
// copied; files are shared with its own backups where both cut them alike (Repository::make).
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "vault/blob_writer.h"
#include "vault/lock.h"
#include "vault/snapshot.h"

namespace lifeboat::vault {

struct CopyReport {
    std::vector<Snapshot> copied;   // as they are in the destination now
    std::vector<Snapshot> skipped;  // of the source: the destination has a copy
    BlobWriter::Totals data, trees;
};

// Indexes of both are loaded. A snapshot is saved when all it needs is durable; one that is a copy
// names the first it was a copy of as its original, as restic's do. Throws what reading the source
// or writing the destination throws, and LockLost when `lock`, which is held on the destination,
// was lost; what was copied so far stays, and is not copied again.
// Throws Cancelled after a stop request; what arrived is kept for the next copy.
CopyReport copy_snapshots(Repository& from, const std::vector<Snapshot>& snapshots, Repository& to,
                          Lock& lock, const std::stop_token& stop = {});

}  // namespace lifeboat::vault
