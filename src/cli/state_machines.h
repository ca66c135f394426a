// What the verbs about state machines and their executions share.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "cli/command.h"

namespace lifeboat::cli {

// A machine's ARN as it is; else that of the machine with this name. Throws Error{NotFound,
// "StateMachineDoesNotExist"}.
std::string machine_arn(Context& context, const std::string& name);

// Which execution: an ARN, or a name within a machine.
struct ExecutionArgument {
    std::string execution;
    std::string machine = "recovery";

    std::string arn(Context& context) const;
};
void add_execution_argument(CLI::App& verb, ExecutionArgument& argument);

// The whole history, oldest first.
Json events_of(Context& context, const std::string& execution_arn);
// "3.2 s" between startDate and stopDate; "" while it runs.
std::string took(const Json& execution);
// kSuccess for what SUCCEEDED or still runs.
ExitCode exit_code_of_status(const std::string& status);

void add_executions_graph(CLI::App& executions, Context& context);
void add_executions_watch(CLI::App& executions, Context& context);
void add_executions_changes(CLI::App& executions, Context& context);  // start, stop, redrive

}  // namespace lifeboat::cli
