// lifeboat executions ...: what state machines did, step by step.
#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/state_machines.h"
#include "cli/studio.h"
#include "cloud/pages.h"

namespace lifeboat::cli {
namespace {

struct Options {
    ExecutionArgument which;
    std::string status;
    int limit = 50;
};

void list(Context& context, const Options& options) {
    Json request = {{"stateMachineArn", machine_arn(context, options.which.machine)}};
    if (!options.status.empty()) request["statusFilter"] = options.status;
    Json executions = Json::array();
    std::vector<std::vector<std::string>> rows;
    cloud::each_item(
        context.world.cloud(), "states", "ListExecutions", request, [&](const Json& execution) {
            executions.push_back(execution);
            rows.push_back({string_or(execution, "name", ""), string_or(execution, "status", ""),
                            time_member(execution, "startDate"), took(execution)});
            return static_cast<int>(executions.size()) < options.limit;
        });
    context.output.table(executions, {"NAME", "STATUS", "STARTED", "TOOK"}, rows, "No executions.");
}

// One visit of a state, put together from its events.
struct Step {
    std::string state;
    double entered = 0;
    double left = 0;  // 0: still in it
    int tries = 0;
    std::string problem;
};

std::vector<Step> steps_of(const Json& events) {
    std::vector<Step> steps;
    for (const Json& event : events) {
        const std::string type = string_or(event, "type", "");
        const double time = event.at("timestamp").get<double>();
        if (type.ends_with("StateEntered")) {
            steps.push_back(
                {string_or(event.at("stateEnteredEventDetails"), "name", ""), time, 0, 0, ""});
            continue;
        }
        if (steps.empty()) continue;
        Step& step = steps.back();
        if (type.ends_with("StateExited")) step.left = time;
        if (type.ends_with("Scheduled")) ++step.tries;
        if (type.ends_with("Failed") || type.ends_with("TimedOut"))
            for (const auto& [name, details] : event.items())
                if (name.ends_with("EventDetails"))
                    step.problem =
                        string_or(details, "error", "") + ": " + string_or(details, "cause", "");
    }
    return steps;
}

void show_execution(Context& context, const Options& options) {
    const std::string arn = options.which.arn(context);
    Json execution =
        context.world.cloud().call("states", "DescribeExecution", {{"executionArn", arn}});
    const std::vector<Step> steps = steps_of(events_of(context, arn));
    Json listed = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const Step& step : steps) {
        Json entry = {{"state", step.state}, {"entered", step.entered}, {"tries", step.tries}};
        if (step.left > 0) entry["left"] = step.left;
        if (!step.problem.empty()) entry["problem"] = step.problem;
        listed.push_back(entry);
        rows.push_back({to_iso8601_millis(from_epoch_seconds(step.entered)), step.state,
                        step.left > 0 ? human_milliseconds(static_cast<std::int64_t>(
                                            (step.left - step.entered) * 1000 + 0.5))
                                      : "",
                        step.tries > 1 ? std::to_string(step.tries) + " tries" : "",
                        step.problem.substr(0, 100)});
    }
    execution["steps"] = listed;
    if (!context.output.is_json()) {
        context.output.record(execution, {{"Execution", string_or(execution, "name", "")},
                                          {"Status", string_or(execution, "status", "")},
                                          {"Started", time_member(execution, "startDate")},
                                          {"Took", took(execution)},
                                          {"Error", string_or(execution, "error", "")},
                                          {"Cause", string_or(execution, "cause", "")}});
    }
    context.output.table(execution, {"ENTERED", "STATE", "TOOK", "", ""}, rows, "No steps yet.");
    context.exit_code = exit_code_of_status(string_or(execution, "status", ""));
}

void history(Context& context, const Options& options) {
    const Json events = events_of(context, options.which.arn(context));
    std::vector<std::vector<std::string>> rows;
    for (const Json& event : events) {
        std::string details;
        for (const auto& [name, value] : event.items())
            if (name.ends_with("EventDetails")) details = to_text(value);
        rows.push_back({to_text(event.at("id")),
                        to_iso8601_millis(from_epoch_seconds(event.at("timestamp").get<double>())),
                        string_or(event, "type", ""), details.substr(0, 160)});
    }
    context.output.table(events, {"ID", "TIME", "TYPE", "DETAILS"}, rows, "No events.");
}

}  // namespace

void add_executions(CLI::App& app, Context& context) {
    CLI::App* group = app.add_subcommand("executions", "Executions of state machines");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    CLI::App* listed = group->add_subcommand("list", "List executions, newest first");
    listed->add_option("--machine", options->which.machine, "Name or ARN of the state machine")
        ->capture_default_str();
    listed->add_option("--status", options->status, "Only with this status")
        ->check(CLI::IsMember({"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}));
    listed->add_option("--limit", options->limit, "At most so many")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    listed->callback([&context, options] { list(context, *options); });
    CLI::App* shown = group->add_subcommand("show", "Show an execution and its steps with times");
    add_execution_argument(*shown, options->which);
    shown->callback([&context, options] { show_execution(context, *options); });
    CLI::App* events = group->add_subcommand("history", "Show every event of an execution");
    add_execution_argument(*events, options->which);
    events->callback([&context, options] { history(context, *options); });
    add_executions_graph(*group, context);
    add_executions_watch(*group, context);
    add_executions_changes(*group, context);
}

}  // namespace lifeboat::cli
