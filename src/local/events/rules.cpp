#include "local/events/rules.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::events {
namespace {

std::int64_t sql_limit(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000));
}

Rule rule_of(const Row& row) {
    return {row.string(0), row.string(1), row.string(2), row.string(3),
            row.string(4), row.string(5), row.string(6), from_epoch_micros(row.integer(7))};
}

Bus bus_of(const Row& row) {
    return {row.string(0), row.string(1), from_epoch_micros(row.integer(2))};
}

#define RULE_COLUMNS "bus, name, pattern, schedule, state, description, role_arn, anchor"

}  // namespace

std::vector<std::string> rule_schema() {
    return {
        "CREATE TABLE events_bus ("
        " name TEXT PRIMARY KEY, description TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT "
        "ROWID;"
        "CREATE TABLE events_rule ("
        " bus TEXT NOT NULL, name TEXT NOT NULL, pattern TEXT NOT NULL, schedule TEXT NOT NULL,"
        " state TEXT NOT NULL, description TEXT NOT NULL, role_arn TEXT NOT NULL,"
        " anchor INTEGER NOT NULL, PRIMARY KEY (bus, name)) WITHOUT ROWID;"
        "CREATE TABLE events_target ("
        " bus TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL,"
        " target TEXT NOT NULL, PRIMARY KEY (bus, rule, id)) WITHOUT ROWID;"
        "CREATE INDEX events_target_by_arn ON events_target (bus, arn, rule);"
        "CREATE TABLE events_tag ("
        " arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key))"
        " WITHOUT ROWID;"
        "INSERT INTO events_bus VALUES ('default', '', 0);",
    };
}

std::string Rules::bus_name(const std::optional<std::string>& name_or_arn) {
    if (!name_or_arn || name_or_arn->empty()) return std::string(kDefaultBus);
    if (const auto arn = cloud::parse_arn(*name_or_arn))
        return arn->resource.substr(arn->resource.find('/') + 1);
    return *name_or_arn;
}

std::string Rules::bus_arn(std::string_view bus) const {
    return cloud::arn_of(place_, "events", "event-bus/" + std::string(bus));
}

std::string Rules::rule_arn(std::string_view bus, std::string_view rule) const {
    std::string resource = "rule/";
    if (bus != kDefaultBus) resource.append(bus).append("/");
    return cloud::arn_of(place_, "events", resource.append(rule));
}

std::optional<Bus> Rules::find_bus(const std::string& name) {
    return tx_.one("SELECT name, description, created FROM events_bus WHERE name = ?1", {name},
                   bus_of);
}

Bus Rules::require_bus(const std::string& name) {
    auto bus = find_bus(name);
    if (!bus)
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                    "Event bus " + name + " does not exist.");
    return *bus;
}

std::vector<Bus> Rules::buses(const std::string& prefix, const std::string& after,
                              std::size_t limit) {
    std::vector<Bus> all;
    tx_.each(
        "SELECT name, description, created FROM events_bus"
        " WHERE substr(name, 1, length(?1)) = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
        {prefix, after, sql_limit(limit)}, [&](const Row& row) {
            all.push_back(bus_of(row));
            return true;
        });
    return all;
}

void Rules::put_bus(const Bus& bus) {
    tx_.run("INSERT INTO events_bus VALUES (?1, ?2, ?3)",
            {bus.name, bus.description, to_epoch_micros(bus.created)});
}

void Rules::remove_bus(const std::string& name) {
    tx_.run("DELETE FROM events_bus WHERE name = ?1", {name});
}

std::optional<Rule> Rules::find(const std::string& bus, const std::string& name) {
    return tx_.one("SELECT " RULE_COLUMNS " FROM events_rule WHERE bus = ?1 AND name = ?2",
                   {bus, name}, rule_of);
}

Rule Rules::require(const std::string& bus, const std::string& name) {
    require_bus(bus);
    auto rule = find(bus, name);
    if (!rule)
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                    "Rule " + name + " does not exist on EventBus " + bus + ".");
    return *rule;
}

std::vector<Rule> Rules::rules(const std::string& bus, const std::string& prefix,
                               const std::string& after, std::size_t limit) {
    std::vector<Rule> all;
    tx_.each("SELECT " RULE_COLUMNS
             " FROM events_rule WHERE bus = ?1"
             " AND substr(name, 1, length(?2)) = ?2 AND name > ?3 ORDER BY name LIMIT ?4",
             {bus, prefix, after, sql_limit(limit)}, [&](const Row& row) {
                 all.push_back(rule_of(row));
                 return true;
             });
    return all;
}

std::int64_t Rules::rule_count(const std::string& bus) {
    return *tx_.one("SELECT count(*) FROM events_rule WHERE bus = ?1", {bus},
                    [](const Row& row) { return row.integer(0); });
}

void Rules::put(const Rule& rule) {
    tx_.run("INSERT OR REPLACE INTO events_rule (" RULE_COLUMNS
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            {rule.bus, rule.name, rule.pattern, rule.schedule, rule.state, rule.description,
             rule.role_arn, to_epoch_micros(rule.anchor)});
}

void Rules::remove(const std::string& bus, const std::string& name) {
    tx_.run("DELETE FROM events_rule WHERE bus = ?1 AND name = ?2", {bus, name});
    tx_.run("DELETE FROM events_target WHERE bus = ?1 AND rule = ?2", {bus, name});
    remove_tags(rule_arn(bus, name));
}

std::vector<Json> Rules::targets(const std::string& bus, const std::string& rule,
                                 const std::string& after, std::size_t limit) {
    std::vector<Json> all;
    tx_.each(
        "SELECT target FROM events_target WHERE bus = ?1 AND rule = ?2 AND id > ?3"
        " ORDER BY id LIMIT ?4",
        {bus, rule, after, sql_limit(limit)}, [&](const Row& row) {
            all.push_back(parse_json(row.text(0), "a stored target"));
            return true;
        });
    return all;
}

void Rules::put_target(const std::string& bus, const std::string& rule, const Json& target) {
    tx_.run(
        "INSERT OR REPLACE INTO events_target (bus, rule, id, arn, target)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
        {bus, rule, require_string(target, "Id"), require_string(target, "Arn"), to_text(target)});
}

bool Rules::remove_target(const std::string& bus, const std::string& rule, const std::string& id) {
    return tx_.run("DELETE FROM events_target WHERE bus = ?1 AND rule = ?2 AND id = ?3",
                   {bus, rule, id}) > 0;
}

std::vector<std::string> Rules::rule_names_by_target(const std::string& bus, const std::string& arn,
                                                     const std::string& after, std::size_t limit) {
    std::vector<std::string> names;
    tx_.each(
        "SELECT DISTINCT rule FROM events_target WHERE bus = ?1 AND arn = ?2 AND rule > ?3"
        " ORDER BY rule LIMIT ?4",
        {bus, arn, after, sql_limit(limit)}, [&](const Row& row) {
            names.push_back(row.string(0));
            return true;
        });
    return names;
}

std::map<std::string, std::string> Rules::tags(const std::string& arn) {
    std::map<std::string, std::string> all;
    tx_.each("SELECT key, value FROM events_tag WHERE arn = ?1 ORDER BY key", {arn},
             [&](const Row& row) {
                 all.emplace(row.string(0), row.string(1));
                 return true;
             });
    return all;
}

void Rules::put_tag(const std::string& arn, const std::string& key, const std::string& value) {
    tx_.run("INSERT OR REPLACE INTO events_tag (arn, key, value) VALUES (?1, ?2, ?3)",
            {arn, key, value});
}

void Rules::remove_tag(const std::string& arn, const std::string& key) {
    tx_.run("DELETE FROM events_tag WHERE arn = ?1 AND key = ?2", {arn, key});
}

void Rules::remove_tags(const std::string& arn) {
    tx_.run("DELETE FROM events_tag WHERE arn = ?1", {arn});
}

}  // namespace lifeboat::local::events
