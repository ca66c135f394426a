// From the text of a definition to a validated machine, or to a list of what is wrong with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/machine.h"

namespace lifeboat::flow {

// As ValidateStateMachineDefinition reports it.
struct Diagnostic {
    std::string code;  // SCHEMA_VALIDATION_FAILED, INVALID_JSON_DESCRIPTION, ...
    std::string message;
    std::string location;  // "/States/Copy/Next"; empty for the text as a whole
};

struct ParsedMachine {
    std::shared_ptr<const Machine> machine;  // null when there are diagnostics
    std::vector<Diagnostic> diagnostics;     // at most kMostDiagnostics
};

// One more than ValidateStateMachineDefinition shows, so that it can say that there are more.
inline constexpr std::size_t kMostDiagnostics = 101;
inline constexpr std::size_t kLongestDefinition = 1'048'576;  // bytes; CreateStateMachine's limit

// Never throws for a bad definition.
ParsedMachine parse_machine(std::string_view definition);

// "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ... at /States/A, ...'".
std::string describe(const std::vector<Diagnostic>& diagnostics);

}  // namespace lifeboat::flow
