// Which snapshots a policy keeps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/snapshot.h"

namespace lifeboat::vault {

// Counts keep the newest snapshot of that many hours, days, ... that have one; as with restic.
struct RetentionPolicy {
    std::uint32_t last = 0, hourly = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;
    // Everything younger than this, seen from the newest snapshot.
    std::chrono::seconds within{0};
    // Each a comma-separated list; snapshots with all tags of one are kept.
    std::vector<std::string> tags;

    bool is_empty() const;
};

// Snapshots with this tag are kept by every policy.
inline constexpr const char* kPinned = "pinned";

struct Kept {
    Snapshot snapshot;
    std::vector<std::string> reasons;  // empty: to be forgotten
};

// Those of one host and the same paths together, as restic groups them; each group in the order
// given.
std::vector<std::vector<Snapshot>> group_snapshots(std::vector<Snapshot> snapshots);

// `snapshots` are of one group. Newest first. The newest is always kept: the
// last good state of something is forgotten only by name.
std::vector<Kept> apply(const RetentionPolicy& policy, std::vector<Snapshot> snapshots);

// "3d", "2w6h", "1y2m": years, months, weeks, days, hours. A month has 31 days and a year 366:
// never less than by restic, which goes back in the calendar. Throws InvalidInput.
std::chrono::seconds parse_span(const std::string& text);

}  // namespace lifeboat::vault
