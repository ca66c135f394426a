// The snapshots of a repository as they are now: what others save or forget appears here a few
// seconds later.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "vault/blob_reader.h"
#include "vault/snapshot_folders.h"

namespace lifeboat::vault {

class SnapshotWatch {
  public:
    // Looks once, then again when somebody asks and the last look is `every` ago. What is referred
    // to outlives this. Throws what listing and reading the index throw.
    SnapshotWatch(Repository& repository, BlobReader& blobs, const Clock& clock,
                  SnapshotFilter filter, std::chrono::seconds every);

    // Thread-safe. One looks, the others get what was known before, and so does he when the store
    // does not answer; that is logged. The blobs of all that is shown are in the index.
    std::shared_ptr<const SnapshotFolders> folders();

  private:
    bool is_due() const;
    // Reads what is new. nullptr: nothing changed.
    std::shared_ptr<const SnapshotFolders> look();
    // nullopt: the filter does not take it, or it is gone. Throws what reading it throws.
    std::optional<Snapshot> load(const std::string& name);

    Repository& repository_;
    BlobReader& blobs_;
    const Clock& clock_;
    const SnapshotFilter filter_;
    const std::chrono::seconds every_;
    std::mutex looking_;  // over known_ and unreadable_
    // By the names of their files. None: not asked for, or gone when it was read.
    std::map<std::string, std::optional<Snapshot>> known_;
    std::set<std::string> unreadable_;  // these were logged, and are tried at each look
    mutable std::mutex mutex_;          // over the rest
    std::shared_ptr<const SnapshotFolders> folders_;
    Time looked_;
};

}  // namespace lifeboat::vault
