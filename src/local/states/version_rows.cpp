#include "local/states/version_rows.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::states {
namespace {

constexpr std::int64_t kMostVersions = 1'000;  // of one machine, as on AWS
constexpr std::string_view kVersionColumns = "machine_arn, number, revision, description, created";

VersionRow version_row(const Row& row) {
    VersionRow version;
    version.machine_arn = row.string(0);
    version.number = row.integer(1);
    version.revision = row.string(2);
    version.description = row.string(3);
    version.created = from_epoch_micros(row.integer(4));
    return version;
}

}  // namespace

bool QualifiedArn::is_version() const {
    return !qualifier.empty() &&
           std::ranges::all_of(qualifier, [](char c) { return c >= '0' && c <= '9'; });
}

QualifiedArn split_qualifier(std::string_view arn) {
    // arn:aws:states:region:account:stateMachine:name[:qualifier]
    std::size_t end = 0;
    for (int colons = 0; colons < 7; ++colons) {
        end = arn.find(':', end);
        if (end == std::string_view::npos) return {std::string(arn), ""};
        ++end;
    }
    return {std::string(arn.substr(0, end - 1)), std::string(arn.substr(end))};
}

std::optional<VersionRow> find_version(Transaction& tx, const std::string& arn) {
    const QualifiedArn parts = split_qualifier(arn);
    std::int64_t number = 0;
    const char* end = parts.qualifier.data() + parts.qualifier.size();
    const auto parsed = std::from_chars(parts.qualifier.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    static const std::string kSelect =
        "SELECT " + std::string(kVersionColumns) +
        " FROM states_version WHERE machine_arn = ?1 AND number = ?2";
    return tx.one(kSelect, {parts.machine_arn, number}, version_row);
}

VersionRow publish_version(Transaction& tx, const std::string& machine_arn,
                           const std::string& revision, const std::string& description, Time now) {
    static const std::string kOfRevision =
        "SELECT " + std::string(kVersionColumns) +
        " FROM states_version WHERE machine_arn = ?1 AND revision = ?2 ORDER BY number DESC";
    if (auto existing = tx.one(kOfRevision, {machine_arn, revision}, version_row)) return *existing;
    const auto count = tx.one("SELECT count(*) FROM states_version WHERE machine_arn = ?1",
                              {machine_arn}, [](const Row& row) { return row.integer(0); });
    if (count.value_or(0) >= kMostVersions)
        throw Error(ErrorCategory::InvalidInput, "ServiceQuotaExceededException",
                    "The state machine has " + std::to_string(kMostVersions) +
                        " versions, as many as it may have; delete one of them first");
    // A number is never given twice, also when its version is gone.
    tx.run(
        "INSERT INTO states_version_number (machine_arn, last) VALUES (?1, 1)"
        " ON CONFLICT (machine_arn) DO UPDATE SET last = last + 1",
        {machine_arn});
    VersionRow version;
    version.machine_arn = machine_arn;
    version.revision = revision;
    version.description = description;
    version.created = now;
    version.number = tx.one("SELECT last FROM states_version_number WHERE machine_arn = ?1",
                            {machine_arn}, [](const Row& row) { return row.integer(0); })
                         .value();
    tx.run(
        "INSERT INTO states_version (machine_arn, number, revision, description, created)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
        {machine_arn, version.number, revision, description, to_epoch_micros(now)});
    return version;
}

std::optional<AliasRow> find_alias(Transaction& tx, const std::string& arn) {
    return tx.one(
        "SELECT arn, machine_arn, name, description, routes, created, updated FROM states_alias"
        " WHERE arn = ?1",
        {arn}, [](const Row& row) {
            return AliasRow{row.string(0),
                            row.string(1),
                            row.string(2),
                            row.string(3),
                            routes_from_json(parse_json(row.text(4), "the routes of an alias")),
                            from_epoch_micros(row.integer(5)),
                            from_epoch_micros(row.integer(6))};
        });
}

std::vector<std::string> aliases_of_version(Transaction& tx, const std::string& version_arn) {
    std::vector<std::string> names;
    tx.each(
        "SELECT name FROM states_alias WHERE machine_arn = ?1 AND EXISTS (SELECT 1 FROM"
        " json_each(routes) WHERE json_extract(value, '$.stateMachineVersionArn') = ?2)"
        " ORDER BY name",
        {split_qualifier(version_arn).machine_arn, version_arn}, [&](const Row& row) {
            names.push_back(row.string(0));
            return true;
        });
    return names;
}

void remove_versions(Transaction& tx, const std::string& machine_arn) {
    tx.run("DELETE FROM states_alias WHERE machine_arn = ?1", {machine_arn});
    tx.run("DELETE FROM states_version WHERE machine_arn = ?1", {machine_arn});
    tx.run("DELETE FROM states_version_number WHERE machine_arn = ?1", {machine_arn});
}

Json to_json(const std::vector<Route>& routes) {
    Json list = Json::array();
    for (const Route& route : routes)
        list.push_back({{"stateMachineVersionArn", route.version_arn}, {"weight", route.weight}});
    return list;
}

std::vector<Route> routes_from_json(const Json& list) {
    std::vector<Route> routes;
    for (const Json& route : list)
        routes.push_back(
            {require_string(route, "stateMachineVersionArn"), require_integer(route, "weight")});
    return routes;
}

}  // namespace lifeboat::local::states
