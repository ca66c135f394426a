// What an administrator does with the registry and with recoveries; the command line is a thin
// layer above it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/recovery/registry.h"
#include "apps/recovery/row.h"
#include "apps/recovery/start_recovery.h"
#include "base/clock.h"
#include "base/json_fwd.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery {

// A profile in a domain, as people name them: the domain by name or id.
struct ProfileInDomain {
    Profile profile;
    std::string domain;
};

struct RecoveryRequest {
    ProfileInDomain target;
    // Neither this nor `snapshot`: chosen from the history.
    std::optional<Home> source;
    // DataSync options that go before the usual ones; null or an object.
    std::string options_json;
    // A whole id, or the beginning of one in the profile's history; it goes before `source`.
    std::string snapshot = {};
};

class Administration {
  public:
    Administration(cloud::Cloud& cloud, const Clock& clock, cloud::Place place)
        : registry_(cloud, clock), place_(std::move(place)) {}

    // Plain items (item.h), sorted by key. `domain` (name or id) and `state` (replication_status)
    // narrow it; empty: all.
    Json list(std::string_view domain, std::string_view state);
    Json show(const ProfileInDomain& who);
    // Oldest first.
    Json history(const ProfileInDomain& who);

    // The administrator's switch; it stays as it is set, through recreations too. False: it was
    // there already. Does not start a copy that was not made while it was off (see start).
    bool set_replication(const ProfileInDomain& who, bool on);
    // The same for final snapshots (docs/recovery.md, Protection). A home that is gone by then gets
    // none.
    bool set_protection(const ProfileInDomain& who, bool on);
    // The next creation of `target` gets the work of `source`. Neither the target's domain nor the
    // profile needs to exist. Throws Error{AlreadyExists, "TargetAlreadyRegistered"} when the
    // target exists or did.
    void add_target(const ProfileInDomain& source, const ProfileInDomain& target);
    // What seed-registry answers.
    Json seed();

    // Starts a recovery of the profile's present home, whatever became of earlier ones. Throws
    // Error{NotFound, "SnapshotNotFound"} for a snapshot nobody knows,
    // Error{InvalidInput, "ProfileNotLive"} for a tombstone and Error{AlreadyExists,
    // "RecoveryRunning"} while one runs.
    Started start(const RecoveryRequest& request);
    // The same for a recovery that ended with an error; else Error{InvalidInput, "NothingToRetry"}.
    Started retry(const ProfileInDomain& who);
    // Retries every row that is in error. Returns those started.
    std::vector<Started> retry_all();
    // What a recovery would do, without doing it: {"Target", "Status", "Sources", "Explanation",
    // "Options"}.
    Json plan(const RecoveryRequest& request);
    // The row, and the last execution as `states` describes it (null when there is none).
    Json status(const ProfileInDomain& who);

  private:
    Row require(const ProfileInDomain& who);
    bool is_running(const Row& row);
    Json snapshot_source(const Row& row, const std::string& id);
    Json input_for(const Row& row, const RecoveryRequest& request);
    Started start_row(const Row& row, const RecoveryRequest& request);

    Registry registry_;
    cloud::Place place_;
};

}  // namespace lifeboat::recovery
