// Versions and aliases of state machines as rows. A version is a name, for good, of a revision; an
// alias sends executions to one or two versions by weight.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/database.h"

namespace lifeboat::local::states {

struct VersionRow {
    std::string machine_arn, revision, description;
    std::int64_t number = 0;
    Time created;

    std::string arn() const { return machine_arn + ":" + std::to_string(number); }
};

struct Route {
    std::string version_arn;
    std::int64_t weight = 0;  // per cent
    friend bool operator==(const Route&, const Route&) = default;
};

struct AliasRow {
    std::string arn, machine_arn, name, description;
    std::vector<Route> routes;
    Time created, updated;
};

// "…:stateMachine:name:7" taken apart; the qualifier is empty when there is none.
struct QualifiedArn {
    std::string machine_arn, qualifier;
    bool is_version() const;  // else an alias, when there is a qualifier
};
QualifiedArn split_qualifier(std::string_view arn);

std::optional<VersionRow> find_version(Transaction& tx, const std::string& arn);
// The version of this revision, a new one when it has none: publishing again changes nothing.
VersionRow publish_version(Transaction& tx, const std::string& machine_arn,
                           const std::string& revision, const std::string& description, Time now);

std::optional<AliasRow> find_alias(Transaction& tx, const std::string& arn);
// The names of the aliases that send executions to the version.
std::vector<std::string> aliases_of_version(Transaction& tx, const std::string& version_arn);

// Forgets the versions and aliases of a machine that is deleted.
void remove_versions(Transaction& tx, const std::string& machine_arn);

Json to_json(const std::vector<Route>& routes);
std::vector<Route> routes_from_json(const Json& list);

}  // namespace lifeboat::local::states
