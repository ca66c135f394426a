// The least each function and state machine needs, as IAM roles.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::deploy {

// May write to its log group and do what permissions.json says. Throws Error{Internal,
// "InvalidDefinition"} for a function that is not in there.
Json function_role(const std::string& function);

// Of a state machine: what it calls, the functions among it by their logical names.
Json machine_role(const std::vector<std::string>& functions);

}  // namespace lifeboat::deploy
