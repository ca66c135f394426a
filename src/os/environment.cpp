#include "os/environment.h"

#include <unistd.h>

namespace lifeboat::os {

Environment environment() {
    Environment variables;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (const auto equals = text.find('='); equals != std::string_view::npos)
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

Environment environment_of_commands() {
    Environment variables = environment();
    for (const char* secret : {"RESTIC_PASSWORD", "RESTIC_FROM_PASSWORD", "RESTIC_REST_PASSWORD"})
        variables.erase(secret);
    return variables;
}

std::optional<std::string> get(const Environment& environment, std::string_view name) {
    const auto it = environment.find(name);
    if (it == environment.end() || it->second.empty()) return std::nullopt;
    return it->second;
}

}  // namespace lifeboat::os
