#include "apps/recovery/final_snapshot.h"

#include "apps/recovery/workspace.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

bool has_home(const Row& row) {
    return row.home.known() && is_uid(row.home.uid);
}

std::string deleted_at(const Row& tombstone) {
    return string_or(*tombstone.item, "deleted_at", "");
}

}  // namespace

std::optional<Departure> departure_between(const std::optional<Row>& before, const Row& now) {
    if (!before || !before->is_live() || !has_home(*before)) return std::nullopt;
    if (now.state == home_state::kDeleted && now.home == before->home)
        return Departure{*before, deleted_at(now)};
    if (now.is_live() && now.home.known() && !(now.home == before->home))
        return Departure{*before, "revision " + std::to_string(now.revision)};
    return std::nullopt;
}

std::optional<Departure> departure_of(const Row& tombstone) {
    if (tombstone.state != home_state::kDeleted || !has_home(tombstone)) return std::nullopt;
    return Departure{tombstone, deleted_at(tombstone)};
}

bool is_protected(const Row& row, const Environment& environment) {
    return row.protection ? *row.protection : environment.protects();
}

std::string snapshot_execution_name(const Departure& departure) {
    const Row& row = departure.row;
    constexpr std::size_t kNameCharacters = 36;
    const std::string identity =
        row.key.text() + "\n" + row.domain_id + "\n" + row.home.text() + "\n" + departure.stamp;
    return (row.profile.kind == Kind::User ? "u-" : "s-") +
           lower_case(row.profile.name).substr(0, kNameCharacters) + "-" + row.home.uid + "-" +
           to_hex(sha256(identity)).substr(0, 16);
}

Json snapshot_input(const Departure& departure) {
    const Row& row = departure.row;
    Json input = {
        {"Profile", row.profile.text() + " in domain " + row.domain_id},
        {"RowKey", {{"ProfileKey", row.key.profile_key}, {"DomainKey", row.key.domain_key}}},
        {"DomainID", row.domain_id},
        {"FileSystem", row.home.file_system},
        {"Uid", row.home.uid},
        {"Source", row.home.text()},
        {"Workspace", workspace_of(row.key)},
        {"Host", row.domain_name()}};
    input[row.profile.kind == Kind::User ? "UserProfileName" : "SpaceName"] = row.profile.name;
    input["Tags"] = {"final", row.key.profile_key, row.home.text()};
    return input;
}

}  // namespace lifeboat::recovery
