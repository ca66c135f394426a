// The event buses and rules that the database holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "cloud/arn.h"
#include "local/database.h"

namespace lifeboat::local::events {

inline constexpr std::string_view kDefaultBus = "default";
inline constexpr std::string_view kEnabled = "ENABLED";
inline constexpr std::string_view kDisabled = "DISABLED";
inline constexpr std::string_view kEnabledWithReads =
    "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

// SQL of the tables below.
std::vector<std::string> rule_schema();

struct Bus {
    std::string name;
    std::string description;
    Time created;
};

struct Rule {
    std::string bus;
    std::string name;
    std::string pattern;   // empty: none
    std::string schedule;  // empty: none
    std::string state;
    std::string description;
    std::string role_arn;
    Time anchor;  // when the schedule was set: rates count from here

    bool is_enabled() const { return state != kDisabled; }
};

// A look at, or a change of, the tables within one transaction. Not found is
// ResourceNotFoundException in EventBridge's words.
class Rules {
  public:
    Rules(Transaction& tx, const cloud::Place& place) : tx_(tx), place_(place) {}

    // The bus's name out of a name or ARN; the default bus for nothing.
    static std::string bus_name(const std::optional<std::string>& name_or_arn);
    std::string bus_arn(std::string_view bus) const;
    std::string rule_arn(std::string_view bus, std::string_view rule) const;

    std::optional<Bus> find_bus(const std::string& name);
    Bus require_bus(const std::string& name);
    // In order of name, those after `after`.
    std::vector<Bus> buses(const std::string& prefix, const std::string& after, std::size_t limit);
    void put_bus(const Bus& bus);
    void remove_bus(const std::string& name);

    std::optional<Rule> find(const std::string& bus, const std::string& name);
    Rule require(const std::string& bus, const std::string& name);
    std::vector<Rule> rules(const std::string& bus, const std::string& prefix,
                            const std::string& after, std::size_t limit);
    std::int64_t rule_count(const std::string& bus);
    void put(const Rule& rule);
    void remove(const std::string& bus, const std::string& name);

    // Targets as PutTargets got them.
    std::vector<Json> targets(const std::string& bus, const std::string& rule,
                              const std::string& after = {}, std::size_t limit = SIZE_MAX);
    void put_target(const std::string& bus, const std::string& rule, const Json& target);
    bool remove_target(const std::string& bus, const std::string& rule, const std::string& id);
    std::vector<std::string> rule_names_by_target(const std::string& bus, const std::string& arn,
                                                  const std::string& after, std::size_t limit);

    std::map<std::string, std::string> tags(const std::string& arn);
    void put_tag(const std::string& arn, const std::string& key, const std::string& value);
    void remove_tag(const std::string& arn, const std::string& key);
    void remove_tags(const std::string& arn);

  private:
    Transaction& tx_;
    const cloud::Place& place_;
};

}  // namespace lifeboat::local::events
