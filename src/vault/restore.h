// Writes what a snapshot holds into a directory.
//
// The snapshot may be hostile, and somebody may change the target meanwhile: every name is one
// component below a handle of its directory and is never followed as a link, so nothing is written
// outside of the target, whatever trees say and whatever is swapped. Devices are made only when
// asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "vault/excludes.h"
#include "vault/snapshot.h"
#include "vault/tree.h"

namespace lifeboat::vault {

// What happens to files that are at the target already and differ (in size or modification time;
// equal ones are left).
enum class Overwrite {
    Always,
    OnlyNewer,  // those of the snapshot that are newer
    Never,
};

struct RestoreOptions {
    Id tree;               // what becomes the target's content
    std::string target;    // made when it is not there
    PatternList includes;  // empty: everything
    PatternList excludes;
    Overwrite overwrite = Overwrite::Always;
    // Remove what is at the target and not in the snapshot, where everything of a directory is
    // restored.
    bool deletes_extra = false;
    // From the snapshot's ids to the target's; others stay.
    std::map<std::uint32_t, std::uint32_t> users, groups;
    // Everything goes to this user and this group, whatever the maps say.
    std::optional<std::uint32_t> owner, owning_group;
    // The directory `tree` is of: the target gets its owner, mode and times, unless what is there
    // is never overwritten. Absent: the target stays as it is.
    std::optional<Node> top;
    bool makes_devices = false;
    bool verifies = false;  // reads back what was written
    bool dry_run = false;
    unsigned workers = 2;

    // Is what lies at `path` ("/a/b") restored?
    bool takes(const std::string& path) const;
    // Could something below the directory `path` be, though the directory itself is not taken?
    bool may_take_below(const std::string& path) const;
};

// What is going on; read at any time.
struct RestoreProgress {
    std::atomic<std::uint64_t> files{0};      // written or found equal
    std::atomic<std::uint64_t> unchanged{0};  // of these: found equal
    std::atomic<std::uint64_t> bytes{0};      // of files written
    std::atomic<std::uint64_t> reused{0};     // of these: from blocks that were there
    std::atomic<std::uint64_t> others{0};     // directories, links, FIFOs, devices
    std::atomic<std::uint64_t> skipped{0};    // devices and sockets that were not made
    std::atomic<std::uint64_t> removed{0};
};

struct RestoreProblem {
    std::string path;
    std::string what;
};

struct RestoreReport {
    std::vector<RestoreProblem> problems;  // what could not be restored
    // What was, or in a dry run would be, removed as it is not in the snapshot; directories stand
    // for all below them.
    std::vector<std::string> extra;
};

// While a restore aside is under way this file in the target names the tree; it is no extra one.
inline constexpr const char* kRestoreMark = ".lifeboat-restore";

// The index is loaded. A file that was begun is there whole or not at all. Durable on return.
// Throws when the target cannot be opened or the root tree not be read.
RestoreReport restore(Repository& repository, const RestoreOptions& options,
                      RestoreProgress& progress, const std::stop_token& stop = {});

}  // namespace lifeboat::vault
