#include "cli/state_machines.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cloud/arn.h"
#include "cloud/pages.h"

namespace lifeboat::cli {

std::string machine_arn(Context& context, const std::string& name) {
    if (name.starts_with("arn:")) return name;
    std::string found;
    cloud::each_item(context.world.cloud(), "states", "ListStateMachines", Json::object(),
                     [&](const Json& machine) {
                         if (string_or(machine, "name", "") != name) return true;
                         found = require_string(machine, "stateMachineArn");
                         return false;
                     });
    if (found.empty())
        throw Error(ErrorCategory::NotFound, "StateMachineDoesNotExist",
                    "there is no state machine named '" + name + "'");
    return found;
}

std::string ExecutionArgument::arn(Context& context) const {
    if (execution.starts_with("arn:")) return execution;
    auto parsed = cloud::parse_arn(machine_arn(context, machine));
    const std::string name = parsed->resource.substr(parsed->resource.find(':') + 1);
    parsed->resource = "execution:" + name + ":" + execution;
    return parsed->text();
}

void add_execution_argument(CLI::App& verb, ExecutionArgument& argument) {
    verb.add_option("execution", argument.execution, "Name or ARN")->required();
    verb.add_option("--machine", argument.machine, "State machine, for a name")
        ->capture_default_str();
}

Json events_of(Context& context, const std::string& execution_arn) {
    return cloud::all_items(context.world.cloud(), "states", "GetExecutionHistory",
                            {{"executionArn", execution_arn}, {"maxResults", 1000}});
}

std::string took(const Json& execution) {
    const Json* start = find(execution, "startDate");
    const Json* stop = find(execution, "stopDate");
    if (start == nullptr || stop == nullptr) return "";
    return human_milliseconds(
        static_cast<std::int64_t>((stop->get<double>() - start->get<double>()) * 1000 + 0.5));
}

ExitCode exit_code_of_status(const std::string& status) {
    return status == "SUCCEEDED" || status == "RUNNING" ? kSuccess : kFailed;
}

}  // namespace lifeboat::cli
