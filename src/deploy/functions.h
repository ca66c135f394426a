// A function of the binary as CloudFormation resources.
#pragma once

#include <map>
#include <string>

#include "base/json_fwd.h"
#include "cloud/function.h"

namespace lifeboat::deploy {

// What functions are told on AWS: its own values, with `chosen` in place of what they name. Workers
// (COPY_ENGINE) can do what DataSync cannot, and do it unless told otherwise.
std::map<std::string, std::string> aws_environment(std::map<std::string, std::string> chosen);

// Adds the function, its log group and its role (roles.h) to `resources`.
void add_function(Json& resources, const std::string& name,
                  const cloud::FunctionDescription& description,
                  const std::map<std::string, std::string>& environment, Json in_its_name);

}  // namespace lifeboat::deploy
