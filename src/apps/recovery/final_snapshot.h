// The final snapshot: what a home held when its profile left it, kept in the vault by the state
// machine `snapshot` (docs/recovery.md, Protection).
//
// A home is left when its profile is deleted, or when it turns out to have another home by now (the
// deletion's own event came late or never).
#pragma once

#include <optional>
#include <string>

#include "apps/recovery/environment.h"
#include "apps/recovery/row.h"
#include "base/json_fwd.h"

namespace lifeboat::recovery {

inline constexpr std::string_view kSnapshotMachine = "snapshot";

struct Departure {
    Row row;  // as it was while the profile lived in the home
    // Tells this leaving of the home from another one, always the same however often one hears of
    // it: a profile that was thought to be gone may be there again, and then be deleted.
    std::string stamp;
};

// Pure. `before` and `now` are a row's images around a change; nullopt: nobody left a home.
std::optional<Departure> departure_between(const std::optional<Row>& before, const Row& now);
// Of a tombstone: the same as when the change that made it one was looked at. nullopt for a row
// that is none.
std::optional<Departure> departure_of(const Row& tombstone);

// Whether the home is to get a final snapshot: by the row's own switch, else by PROTECTION.
bool is_protected(const Row& row, const Environment& environment);

// "u-user1-200005-<16 hex>": always the same for the same departure.
std::string snapshot_execution_name(const Departure& departure);
// The machine's input: Profile (for people), RowKey, DomainID, FileSystem, Uid, and what the worker
// is told: Source, Workspace, Host, Tags.
Json snapshot_input(const Departure& departure);

}  // namespace lifeboat::recovery
