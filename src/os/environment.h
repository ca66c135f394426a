// The environment of this process, read once and handed in: no other code asks for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lifeboat::os {

using Environment = std::map<std::string, std::string, std::less<>>;

Environment environment();
// For commands of others: without the passwords of repositories, which are none of their business.
Environment environment_of_commands();
// nullopt when it is absent or empty.
std::optional<std::string> get(const Environment& environment, std::string_view name);

}  // namespace lifeboat::os
