// What a definition may mean otherwise than it says: values that look like paths where none is
// read. It can be created all the same.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
#pragma once

#include <string_view>
#include <vector>

#include "flow/machine_parser.h"

namespace lifeboat::flow {

// NO_DOLLAR, NO_PATH and PASS_RESULT_IS_STATIC, at most kMostDiagnostics of them. Nothing for what
// is no JSON object.
std::vector<Diagnostic> definition_warnings(std::string_view definition);

}  // namespace lifeboat::flow
