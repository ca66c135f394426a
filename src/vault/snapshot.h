// A snapshot: when which paths looked like which tree.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "vault/repository.h"
#include "vault/zoned_time.h"

namespace lifeboat::vault {

struct Snapshot {
    Id id;  // of its file; not part of it
    ZonedTime time;
    std::optional<Id> parent;
    Id tree;
    std::vector<std::string> paths;
    std::string host;
    std::string user;
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::string> excludes;
    std::vector<std::string> tags;
    std::optional<Id> original;
    std::string program;
    std::string summary;  // JSON as restic 0.17 writes it; empty: none

    bool has_tag(const std::string& tag) const;
};

// Snapshots with this tag are removed by nothing until somebody takes it away.
inline constexpr const char* kLegalHold = "legal-hold";
// Throws PermissionDenied for a snapshot under legal hold, and says how to end that.
void require_not_held(const Snapshot& snapshot);

std::string encode_snapshot(const Snapshot& snapshot);
// Throws Corruption.
Snapshot decode_snapshot(std::string_view text);

Id save_snapshot(Repository& repository, const Snapshot& snapshot);
Snapshot load_snapshot(Repository& repository, const std::string& name);

// What may be asked of snapshots; empty members ask nothing.
struct SnapshotFilter {
    std::vector<std::string> hosts;
    // Each a comma-separated list of tags a snapshot must all have; one list must fit. An empty
    // list asks for no tags.
    std::vector<std::string> tags;
    std::vector<std::string> paths;  // all of them

    bool takes(const Snapshot& snapshot) const;
};

// Oldest first. A snapshot that cannot be read is told to `unreadable`; where there is none, it is
// thrown.
std::vector<Snapshot> list_snapshots(
    Repository& repository, const SnapshotFilter& filter,
    const std::function<void(const std::string& name, const Error& why)>& unreadable = nullptr);

// By the start of its id, or "latest" of those the filter takes. Throws NotFound; InvalidInput when
// several start so.
Snapshot find_snapshot(Repository& repository, const std::string& name,
                       const SnapshotFilter& filter);

}  // namespace lifeboat::vault
