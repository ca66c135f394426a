// A function of the binary as CloudFormation resources.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "cloud/function.h"

namespace lifeboat::deploy {

// Adds the function, its log group and its role to `resources`.
void add_function(Json& resources, const std::string& name,
                  const cloud::FunctionDescription& description);

}  // namespace lifeboat::deploy
