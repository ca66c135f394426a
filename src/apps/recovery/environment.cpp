#include "apps/recovery/environment.h"

#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

#include "base/error.h"

namespace lifeboat::recovery {
namespace {

// What each setting may be; nothing listed: a number of at least 0.
const std::map<std::string, std::vector<std::string>>& known_settings() {
    static const std::map<std::string, std::vector<std::string>> kSettings = {
        {"copy_engine", {"datasync", "worker"}},
        {"overwrite_mode", {"NEWER", "ALWAYS", "NEVER"}},
        {"map_owner", {"true", "false"}},
        {"target_ready", {"home", "app"}},
        {"target_wait_seconds", {}},
        {"copy_slots", {}},
        {"poll_seconds", {}},
        {"stale_seconds", {}},
        {"protection", {"off", "on"}},
    };
    return kSettings;
}

std::optional<std::int64_t> number_of(const std::string& text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end || number < 0) return std::nullopt;
    return number;
}

// "is 'x', not a or b"; empty: nothing is wrong.
std::string problem_with(const std::string& name, const std::string& value) {
    const std::vector<std::string>& possible = known_settings().at(name);
    std::string listed;
    for (const std::string& one : possible) {
        if (one == value) return "";
        listed += (listed.empty() ? "" : one == possible.back() ? " or " : ", ") + one;
    }
    if (possible.empty() && number_of(value)) return "";
    return "is '" + value + "', not " + (possible.empty() ? "a number of at least 0" : listed);
}

// In small letters.
std::string setting_name(const std::string& variable) {
    std::string name;
    for (const char c : variable)
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
}

Error invalid(const std::string& message) {
    return Error(ErrorCategory::InvalidInput, "InvalidSetting", message);
}

}  // namespace

std::map<std::string, std::string> local_environment() {
    return {{"OVERWRITE_MODE", "NEWER"}, {"MAP_OWNER", "true"}, {"TARGET_READY", "home"}};
}

const std::set<std::string>& setting_names() {
    static const std::set<std::string> kNames = [] {
        std::set<std::string> names;
        for (const auto& [name, values] : known_settings())
            names.insert(name);
        return names;
    }();
    return kNames;
}

void check_setting(const std::string& name, const std::string& value) {
    if (const std::string problem = problem_with(name, value); !problem.empty())
        throw invalid("the setting " + name + " " + problem);
}

std::map<std::string, std::string> environment_of(
    const std::map<std::string, std::string>& settings) {
    std::map<std::string, std::string> variables;
    for (const auto& [name, value] : settings) {
        std::string variable;
        for (const char c : name)
            variable += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        variables[variable] = value;
    }
    return variables;
}

std::string Environment::text(const std::string& name, const std::string& fallback) const {
    const auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return fallback;
    if (const std::string problem = problem_with(setting_name(name), found->second);
        !problem.empty())
        throw invalid("the environment variable " + name + " " + problem);
    return found->second;
}

std::int64_t Environment::integer(const std::string& name, std::int64_t fallback) const {
    return number_of(text(name, std::to_string(fallback))).value_or(fallback);
}

}  // namespace lifeboat::recovery
