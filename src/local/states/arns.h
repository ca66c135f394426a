// Names and ARNs of state machines and executions.
//
//     arn:aws:states:us-east-1:000000000000:stateMachine:recovery
//     arn:aws:states:us-east-1:000000000000:execution:recovery:run-1
#pragma once

#include <string>
#include <string_view>

#include "cloud/arn.h"

namespace lifeboat::local::states {

std::string machine_arn(const cloud::Place& place, std::string_view name);
std::string execution_arn(const cloud::Place& place, std::string_view machine,
                          std::string_view name);
// Of an execution of an EXPRESS machine; `id` makes it unique, names may repeat.
std::string express_arn(const cloud::Place& place, std::string_view machine, std::string_view name,
                        std::string_view id);

// Throws Error{InvalidInput, "InvalidName"} for characters Step Functions does not take.
void check_name(std::string_view name);
// Throws Error{InvalidInput, "InvalidArn"} when the ARN is not one of the kind ("stateMachine",
// "execution").
void check_arn(std::string_view arn, std::string_view kind);

}  // namespace lifeboat::local::states
