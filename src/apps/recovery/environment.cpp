#include "apps/recovery/environment.h"

#include <cctype>
#include <charconv>

#include "base/error.h"

namespace lifeboat::recovery {

std::map<std::string, std::string> local_environment() {
    return {{"OVERWRITE_MODE", "NEWER"}, {"MAP_OWNER", "true"}, {"TARGET_READY", "home"}};
}

const std::set<std::string>& setting_names() {
    static const std::set<std::string> kNames = {
        "copy_engine", "overwrite_mode", "map_owner",     "target_ready", "target_wait_seconds",
        "copy_slots",  "poll_seconds",   "stale_seconds", "protection",
    };
    return kNames;
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

std::string Environment::copy_engine() const {
    const std::string engine = text("COPY_ENGINE", "datasync");
    if (engine != "datasync" && engine != "worker")
        throw Error(
            ErrorCategory::InvalidInput, "InvalidSetting",
            "the environment variable COPY_ENGINE is '" + engine + "', not datasync or worker");
    return engine;
}

bool Environment::protects() const {
    const std::string protection = text("PROTECTION", "off");
    if (protection != "on" && protection != "off")
        throw Error(ErrorCategory::InvalidInput, "InvalidSetting",
                    "the environment variable PROTECTION is '" + protection + "', not off or on");
    return protection == "on";
}

std::string Environment::text(const std::string& name, const std::string& fallback) const {
    const auto found = values_.find(name);
    return found == values_.end() || found->second.empty() ? fallback : found->second;
}

std::int64_t Environment::integer(const std::string& name, std::int64_t fallback) const {
    const std::string value = text(name, std::to_string(fallback));
    std::int64_t number = 0;
    const char* end = value.data() + value.size();
    if (auto [at, error] = std::from_chars(value.data(), end, number);
        error != std::errc() || at != end || number < 0)
        throw Error(
            ErrorCategory::InvalidInput, "InvalidSetting",
            "the environment variable " + name + " is '" + value + "', not a number of at least 0");
    return number;
}

}  // namespace lifeboat::recovery
