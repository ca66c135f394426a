// Parameters and their versions, as the database keeps them, and what a name may be.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cloud/arn.h"

namespace lifeboat::local {
class Transaction;
}

namespace lifeboat::local::ssm {

// One version of a parameter.
struct Parameter {
    std::string name;
    std::int64_t version = 0;
    std::string type;          // String, StringList, SecureString
    std::string stored_value;  // of a SecureString: sealed
    std::string description;
    std::string allowed_pattern;
    std::string tier;  // Standard, Advanced
    Time modified;
    std::string user;  // ARN of who put it

    bool is_secure() const { return type == "SecureString"; }
};

std::vector<std::string> parameter_schema();

// Throws Error ValidationException, HierarchyLevelLimitExceededException.
void check_parameter_name(const std::string& name);
// "/a/b" for "/a/b", "/a" for "a": where the parameter lies in the hierarchy.
std::string parameter_path(std::string_view name);
std::string parameter_arn(const cloud::Place& place, std::string_view name);

// What GetParameter takes: a name or ARN, perhaps with ":version".
struct Selection {
    std::string name;
    std::string selector;  // ":3", or empty
    std::optional<std::int64_t> version;
};
// Throws Error ParameterNotFound when there is no such parameter.
Selection select_parameter(Transaction& tx, const cloud::Place& place, const std::string& text);

std::optional<Parameter> latest_version(Transaction& tx, std::string_view name);
std::optional<Parameter> version_of(Transaction& tx, std::string_view name, std::int64_t version);
// Versions above `after`, ascending, at most `limit`.
std::vector<Parameter> versions_of(Transaction& tx, std::string_view name, std::int64_t after,
                                   std::int64_t limit);
// Adds a version; forgets the oldest above 100 (as Parameter Store does).
void add_version(Transaction& tx, const Parameter& parameter);
// With its versions and tags. False when there is none.
bool delete_parameter(Transaction& tx, std::string_view name);
std::int64_t count_parameters(Transaction& tx);
bool has_sealed_values(Transaction& tx);

// The latest versions in the order of their paths, those behind the path `after` and, with a
// prefix, those whose path starts so. `visit` returns false to stop.
void each_parameter(Transaction& tx, std::string_view after, std::string_view prefix,
                    const std::function<bool(const Parameter&)>& visit);
// A parameter's position in that order.
std::string position_of(const Parameter& parameter);

}  // namespace lifeboat::local::ssm
