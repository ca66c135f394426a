// What EXPRESS machines may not contain: they do not wait for what their tasks start.
// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
#pragma once

#include "flow/machine_parser.h"

namespace lifeboat::flow {

// Adds a diagnostic for every state an EXPRESS machine does not support, and takes the machine
// away when there is one.
void check_express(ParsedMachine& parsed);

}  // namespace lifeboat::flow
