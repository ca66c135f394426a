// What EXPRESS machines may not contain: they do not wait for what their tasks start.
// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
#pragma once

#include "flow/machine_parser.h"

namespace lifeboat::flow {

// Adds a diagnostic for every state that does not belong into a machine of the type, and takes the
// machine away when there is one: into EXPRESS machines, and into the processors of distributed
// Maps whose children are EXPRESS executions.
enum class MachineType { Standard, Express };
void check_type(ParsedMachine& parsed, MachineType type);

}  // namespace lifeboat::flow
