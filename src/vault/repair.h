// Makes of damaged snapshots ones that can be restored: without what the repository lacks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/snapshot.h"

namespace lifeboat::vault {

struct RepairOptions {
    // Removes the damaged snapshot once the repaired one is saved, unless it is under legal hold.
    bool forgets = false;
    bool dry_run = false;
};

struct RepairedSnapshot {
    Snapshot before;
    // Its id is zero in a dry run; absent when there is nothing to save: not even the root is
    // there.
    std::optional<Snapshot> after;
    // One sentence for each file that lost blobs and each directory that is gone.
    std::vector<std::string> losses;
};

// Has this tag, and the damaged one as its original.
inline constexpr const char* kRepaired = "repaired";

// The index is loaded, and says what there is; whole snapshots are not in the answer. Files keep
// the blobs that are there, in order, and are so much shorter; directories that cannot be read are
// empty. Durable on return. Throws what says that the store could not be asked: that is no loss.
std::vector<RepairedSnapshot> repair_snapshots(Repository& repository,
                                               const std::vector<Snapshot>& snapshots,
                                               const RepairOptions& options);

}  // namespace lifeboat::vault
