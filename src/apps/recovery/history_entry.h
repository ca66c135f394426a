// An entry of a profile's history (table studioUserHistory): what happened to which home when.
// Entries are only ever added. Entries of the AWS sample have no `event`; each says which home the
// profile had from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apps/recovery/profile.h"
#include "base/json_fwd.h"

namespace lifeboat::recovery {

struct Row;

// Attribute event.
namespace event {
inline constexpr std::string_view kCreated = "created";  // the profile has a new home
// Taken over from a row of the AWS sample, or a lost row written again.
inline constexpr std::string_view kAdopted = "adopted";
inline constexpr std::string_view kDeleted = "deleted";          // the profile is gone
inline constexpr std::string_view kExpected = "expected";        // add-target
inline constexpr std::string_view kReplication = "replication";  // the switch was moved
inline constexpr std::string_view kProtection = "protection";    // the other switch was
inline constexpr std::string_view kRecovered = "recovered";
inline constexpr std::string_view kFailed = "failed";
inline constexpr std::string_view kSuperseded = "superseded";
// Of a final snapshot: it is whole; it lacks what could not be read; there was nothing to save;
// there is none.
inline constexpr std::string_view kSnapshot = "snapshot";
inline constexpr std::string_view kSnapshotPartial = "snapshot-partial";
inline constexpr std::string_view kSnapshotNothing = "snapshot-nothing";
inline constexpr std::string_view kSnapshotFailed = "snapshot-failed";
inline constexpr std::string_view kNothing = "nothing";  // there was nothing to bring back
}  // namespace event

// Attribute copy of a "created" entry: whether earlier work was to be copied into the new home.
namespace copy {
inline constexpr std::string_view kNone = "none";  // there was no earlier work
inline constexpr std::string_view kOff = "off";    // the administrator had switched it off
inline constexpr std::string_view kDue = "due";
}  // namespace copy

// A snapshot in the vault, as its history entry tells of it.
struct KeptSnapshot {
    std::string workspace;
    std::string id;               // 64 hexadecimal digits
    std::int64_t unreadable = 0;  // files it lacks
    // When reading the home began, milliseconds since 1970; when it was recorded, where the worker
    // did not say.
    std::int64_t began = 0;

    bool is_whole() const { return unreadable == 0; }
};

struct HistoryEntry {
    std::string key;        // attribute profile_name
    std::int64_t when = 0;  // attribute epoctime, milliseconds since 1970
    std::string event;      // empty: of the AWS sample
    std::string copy;
    Profile profile;
    std::string domain_id;
    std::string domain_name;  // plain
    Home home;
    // The AWS sample said of an adopted home how its copy ended ("SUCCESS", "ERROR"); else empty.
    std::string replication_status;
    // The administrator's switches at that time.
    bool replication = true;
    std::optional<bool> protection;
    std::optional<KeptSnapshot> snapshot;  // of `home`

    // Says that the profile lived in `home` from or until then.
    bool tells_of_stay() const;
};

// Tolerant: whatever is missing stays empty. An entry that names neither user nor space is a
// user's, as its first version wrote them.
HistoryEntry history_entry_from(const Json& plain);

// The attributes every entry has, from a row; the caller adds what is special.
Json history_of_row(const Row& row, std::string_view what);

}  // namespace lifeboat::recovery
