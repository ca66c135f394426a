// A row of the registry (table studioUser): one profile in one domain, the home it has or had last,
// the administrator's switch, and how the last recovery went. docs/registry.md lists every
// attribute; those of the AWS sample keep their names and meanings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/recovery/profile.h"
#include "base/json_fwd.h"

namespace lifeboat::recovery {

struct RowKey {
    std::string profile_key;  // attribute profile_name
    std::string domain_key;   // attribute domain_name

    std::string text() const;
    bool operator==(const RowKey&) const = default;
};

// Attribute home_state.
namespace home_state {
inline constexpr std::string_view kLive = "live";
inline constexpr std::string_view kDeleted = "deleted";
// Registered by add-target: the profile does not exist yet; the home is the source's.
inline constexpr std::string_view kExpected = "expected";
}  // namespace home_state

// Attribute replication_status. SUCCESS and ERROR are the words of the AWS sample.
namespace status {
inline constexpr std::string_view kNone = "NONE";        // nothing to bring back
inline constexpr std::string_view kOff = "OFF";          // switched off by the administrator
inline constexpr std::string_view kPending = "PENDING";  // to be started
inline constexpr std::string_view kRunning = "RUNNING";
inline constexpr std::string_view kSuccess = "SUCCESS";
inline constexpr std::string_view kError = "ERROR";
inline constexpr std::string_view kSuperseded = "SUPERSEDED";  // recreated again meanwhile
}  // namespace status

struct Row {
    RowKey key;
    Profile profile;
    std::string domain_id;
    Home home;
    std::string role_name;
    bool replication = true;
    // The administrator's switch for final snapshots; absent: as PROTECTION says.
    std::optional<bool> protection;
    std::string state;               // home_state
    std::string replication_status;  // empty when there was none
    std::int64_t attempt = 0;        // recoveries of this home that were asked for by hand or sweep
    std::int64_t revision = 0;       // counts writes; 0 for rows of the AWS sample
    std::string event_id;
    std::string updated_at;
    std::string execution;                 // ARN of the last recovery
    std::vector<std::string> former_keys;  // keys its history may also be under
    // Set by add-target until the first recovery succeeds: whose work to bring.
    std::string source_profile_key;
    std::string source_domain_key;
    std::shared_ptr<const Json> item;  // every attribute, plain (item.h)

    std::string domain_name() const { return plain_domain_name(key.domain_key); }
    bool is_live() const { return state == home_state::kLive; }
};

// A switch that may never have been set: nullopt then.
std::optional<bool> switch_of(const Json& plain, std::string_view attribute);

// From a plain item; tolerant of rows of the AWS sample. Throws Error{InvalidInput, "MalformedRow"}
// naming the attribute that makes it no row.
Row row_from(const Json& plain);

// The execution that recovers this row's home, always of the same name for the same home and
// attempt: "u-user1-200005-<16 hex>-r2".
std::string execution_name(const Row& row);

}  // namespace lifeboat::recovery
