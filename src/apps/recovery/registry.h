// The registry: what Lifeboat knows about homes, in two DynamoDB tables. The row says how things
// are, the history how they came to be; a row and its history entry are written in one transaction.
//
// Writers read a row, decide, and write on condition that the row is still as they saw it; else
// they start again. So events may come twice, late, in any order and at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/recovery/history_entry.h"
#include "apps/recovery/profile.h"
#include "apps/recovery/row.h"
#include "base/clock.h"
#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery {

inline constexpr std::string_view kUserTable = "studioUser";
inline constexpr std::string_view kHistoryTable = "studioUserHistory";
// What belongs to no profile: the mark that the table was adopted, the copy slots in use.
inline constexpr std::string_view kStateTable = "lifeboatState";

class Registry {
  public:
    Registry(cloud::Cloud& cloud, const Clock& clock) : cloud_(cloud), clock_(clock) {}

    // Rows of a profile, in every domain. Adopts rows of the AWS sample first, if that was not yet
    // done.
    std::vector<Row> rows_of(const Profile& profile);
    // The row under a key; nullopt when there is none or it is no row.
    std::optional<Row> row_at(const RowKey& key);
    // The profile's row in the domain of that id or, failing that, name. Throws Error{NotFound,
    // "ProfileNotRegistered"}.
    Row require_row(const Profile& profile, std::string_view domain);
    // Every row; what is no row is left out (`visit_malformed` gets it, where given).
    void each_row(
        const std::function<void(const Row&)>& visit,
        const std::function<void(const Json& item, const std::string& why)>& visit_malformed = {});

    // The history of a profile, oldest first, of all domains, with what lies under former keys.
    std::vector<HistoryEntry> history_of(const Profile& profile,
                                         const std::vector<std::string>& former_keys);
    // The same as plain items, for showing.
    Json history_items_of(const Profile& profile, const std::vector<std::string>& former_keys);

    // Sets and removes attributes of a row and adds history entries (plain; epoctime is added
    // here), all or nothing. `seen` is the row as it was read, null when there was none. False,
    // and nothing written, when the row is no longer like that.
    [[nodiscard]] bool write(const RowKey& key, const Row* seen, const Json& set,
                             const std::vector<std::string>& remove,
                             const std::vector<Json>& history);
    // Adds one history entry that changes no row.
    void append(const Json& entry);

    // Moves rows that the AWS sample wrote under other keys (spaces under their bare name, names in
    // mixed case) to theirs. Idempotent. Returns how many were moved.
    int adopt();

    cloud::Cloud& cloud() { return cloud_; }
    const Clock& clock() const { return clock_; }

  private:
    void adopt_once();
    bool adopt_row(const Json& item);

    cloud::Cloud& cloud_;
    const Clock& clock_;
};

// Repeats `attempt` until it returns true. Throws Error{Unavailable, "RegistryBusy"} when others
// keep changing the row.
void until_written(const std::function<bool()>& attempt);

}  // namespace lifeboat::recovery
