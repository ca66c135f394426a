// The least each function and state machine needs, as IAM roles.
//
// A role has two policies: "lifeboat" is what the function or the state machine calls itself
// (permissions.json; tests/recovery compares it with what is really called), "aws" what Lambda,
// Step Functions and DataSync do in its name.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::deploy {

// `in_its_name`: the statements of what Lambda does besides writing the log, such as reading a
// queue. Throws Error{Internal, "InvalidDefinition"} for a function permissions.json does not have.
Json function_role(const std::string& function, Json in_its_name);

// What Lambda does for a function: reads what its event source mapping names, sends what failed
// where a mapping or an EventInvokeConfig says. `properties` are either's.
Json lambda_needs(const Json& properties);

// ByWorkers: what a worker does needs no permission of the machine.
enum class Copying { ByDataSync, ByWorkers };

// Of the state machine with the logical name `machine`: what it calls, the functions among it by
// their logical names. Throws Error{Internal, "InvalidDefinition"} for a machine permissions.json
// does not have.
Json machine_role(const std::string& machine, const std::vector<std::string>& functions,
                  Copying copying);

}  // namespace lifeboat::deploy
