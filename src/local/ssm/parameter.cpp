#include "local/ssm/parameter.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "local/database.h"

namespace lifeboat::local::ssm {
namespace {

constexpr int kMostLevels = 15;
constexpr std::int64_t kMostVersions = 100;
constexpr std::size_t kLongestName = 1011;  // Parameter Store user guide, naming

Parameter parameter_of(const Row& row) {
    Parameter found;
    found.name = row.string(0);
    found.version = row.integer(1);
    found.type = row.string(2);
    found.stored_value = row.string(3);
    found.description = row.string(4);
    found.allowed_pattern = row.string(5);
    found.tier = row.string(6);
    found.modified = from_epoch_micros(row.integer(7));
    found.user = row.string(8);
    return found;
}

Error invalid_name(const std::string& name) {
    return Error(ErrorCategory::InvalidInput, "ValidationException",
                 "Parameter name '" + name.substr(0, 100) +
                     "' is not valid: it has up to 1011 letters, digits and the symbols . - _, is "
                     "a path starting with a slash if it has slashes, and does not start with "
                     "\"aws\" or \"ssm\".");
}

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return number;
}

bool exists(Transaction& tx, std::string_view name) {
    return tx
        .one("SELECT 1 FROM ssm_parameter WHERE name = ?1", {name}, [](const Row&) { return true; })
        .has_value();
}

}  // namespace

std::vector<std::string> parameter_schema() {
    return {
        "CREATE TABLE ssm_parameter (name TEXT PRIMARY KEY, path TEXT NOT NULL,"
        " version INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX ssm_parameter_by_path ON ssm_parameter (path, name);"
        "CREATE TABLE ssm_parameter_version (name TEXT NOT NULL, version INTEGER NOT NULL,"
        " type TEXT NOT NULL, value BLOB NOT NULL, description TEXT NOT NULL,"
        " allowed_pattern TEXT NOT NULL, tier TEXT NOT NULL, modified INTEGER NOT NULL,"
        " user TEXT NOT NULL, PRIMARY KEY (name, version)) WITHOUT ROWID;"
        "CREATE INDEX ssm_parameter_sealed ON ssm_parameter_version (type)"
        " WHERE type = 'SecureString';"
        "CREATE TABLE ssm_tag (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
        " PRIMARY KEY (name, key)) WITHOUT ROWID;"};
}

void check_parameter_name(const std::string& name) {
    const bool is_path = name.find('/') != std::string::npos;
    const std::string_view body =
        std::string_view(name).substr(!name.empty() && name[0] == '/' ? 1 : 0);
    const std::string start = lower_case(body.substr(0, 3));
    const bool fits = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '/' || c == '.' || c == '-' || c == '_');
    });
    if (body.empty() || name.size() > kLongestName || !fits || (is_path && name[0] != '/') ||
        name.back() == '/' || name.find("//") != std::string::npos || start == "aws" ||
        start == "ssm")
        throw invalid_name(name);
    if (std::count(name.begin(), name.end(), '/') > kMostLevels)
        throw Error(
            ErrorCategory::InvalidInput, "HierarchyLevelLimitExceededException",
            "A parameter name may have at most " + std::to_string(kMostLevels) + " levels.");
}

std::string parameter_path(std::string_view name) {
    return name.starts_with('/') ? std::string(name) : "/" + std::string(name);
}

std::string parameter_arn(const cloud::Place& place, std::string_view name) {
    return cloud::arn_of(place, "ssm", "parameter" + parameter_path(name));
}

Selection select_parameter(Transaction& tx, const cloud::Place& place, const std::string& text) {
    const Error missing(ErrorCategory::NotFound, "ParameterNotFound",
                        "The parameter '" + text + "' does not exist.");
    Selection selection;
    std::string rest = text;
    std::string_view prefix;
    const std::string arn_start = parameter_arn(place, "/");
    if (rest.starts_with("arn:")) {
        if (!rest.starts_with(arn_start)) throw missing;
        rest = rest.substr(arn_start.size());
        // An ARN does not tell "a" and "/a" apart.
        if (rest.find('/') != std::string::npos ||
            !exists(tx, std::string_view(rest).substr(0, rest.find(':'))))
            prefix = "/";
    }
    if (const auto colon = rest.find(':'); colon != std::string::npos) {
        selection.selector = rest.substr(colon);
        selection.version = number_in(std::string_view(rest).substr(colon + 1));
        rest.resize(colon);
    }
    selection.name = std::string(prefix) + rest;
    if (!exists(tx, selection.name)) throw missing;
    return selection;
}

std::optional<Parameter> latest_version(Transaction& tx, std::string_view name) {
    return tx.one(
        "SELECT v.name, v.version, v.type, v.value, v.description, v.allowed_pattern, v.tier,"
        " v.modified, v.user FROM ssm_parameter p JOIN ssm_parameter_version v"
        " ON v.name = p.name AND v.version = p.version WHERE p.name = ?1",
        {name}, parameter_of);
}

std::optional<Parameter> version_of(Transaction& tx, std::string_view name, std::int64_t version) {
    return tx.one(
        "SELECT name, version, type, value, description, allowed_pattern, tier, modified, user"
        " FROM ssm_parameter_version WHERE name = ?1 AND version = ?2",
        {name, version}, parameter_of);
}

std::vector<Parameter> versions_of(Transaction& tx, std::string_view name, std::int64_t after,
                                   std::int64_t limit) {
    std::vector<Parameter> found;
    tx.each(
        "SELECT name, version, type, value, description, allowed_pattern, tier, modified, user"
        " FROM ssm_parameter_version WHERE name = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
        {name, after, limit}, [&](const Row& row) {
            found.push_back(parameter_of(row));
            return true;
        });
    return found;
}

void add_version(Transaction& tx, const Parameter& parameter) {
    tx.run(
        "INSERT INTO ssm_parameter (name, path, version) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (name) DO UPDATE SET version = excluded.version",
        {parameter.name, parameter_path(parameter.name), parameter.version});
    tx.run(
        "INSERT INTO ssm_parameter_version (name, version, type, value, description,"
        " allowed_pattern, tier, modified, user) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        {parameter.name, parameter.version, parameter.type, Blob{parameter.stored_value},
         parameter.description, parameter.allowed_pattern, parameter.tier,
         to_epoch_micros(parameter.modified), parameter.user});
    tx.run("DELETE FROM ssm_parameter_version WHERE name = ?1 AND version <= ?2",
           {parameter.name, parameter.version - kMostVersions});
}

bool delete_parameter(Transaction& tx, std::string_view name) {
    tx.run("DELETE FROM ssm_tag WHERE name = ?1", {name});
    tx.run("DELETE FROM ssm_parameter_version WHERE name = ?1", {name});
    return tx.run("DELETE FROM ssm_parameter WHERE name = ?1", {name}) > 0;
}

std::int64_t count_parameters(Transaction& tx) {
    return *tx.one("SELECT count(*) FROM ssm_parameter", {},
                   [](const Row& row) { return row.integer(0); });
}

bool has_sealed_values(Transaction& tx) {
    return tx
        .one("SELECT 1 FROM ssm_parameter_version WHERE type = 'SecureString' LIMIT 1", {},
             [](const Row&) { return true; })
        .has_value();
}

void each_parameter(Transaction& tx, std::string_view after, std::string_view prefix,
                    const std::function<bool(const Parameter&)>& visit) {
    const auto slash = after.find('\n');
    const std::string_view after_path = after.substr(0, slash);
    const std::string_view after_name =
        slash == std::string_view::npos ? std::string_view() : after.substr(slash + 1);
    // Paths that start with `prefix` lie together, from it on.
    const std::string_view start = after_path < prefix ? prefix : after_path;
    tx.each(
        "SELECT v.name, v.version, v.type, v.value, v.description, v.allowed_pattern, v.tier,"
        " v.modified, v.user FROM ssm_parameter p JOIN ssm_parameter_version v"
        " ON v.name = p.name AND v.version = p.version"
        " WHERE p.path >= ?1 AND (p.path, p.name) > (?2, ?3) ORDER BY p.path, p.name",
        {start, after_path, after_name}, [&](const Row& row) {
            const Parameter parameter = parameter_of(row);
            return parameter_path(parameter.name).starts_with(prefix) && visit(parameter);
        });
}

std::string position_of(const Parameter& parameter) {
    return parameter_path(parameter.name) + "\n" + parameter.name;
}

}  // namespace lifeboat::local::ssm
