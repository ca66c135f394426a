// lifeboat executions start|stop|redrive.
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/state_machines.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

struct Options {
    ExecutionArgument which;
    std::string name, input, error, cause;
};

// The text itself, or the content of the file after '@'; "-" is standard input.
std::string input_text(const std::string& given) {
    if (given == "-")
        return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
    if (!given.starts_with("@")) return given;
    return os::read_file(given.substr(1));
}

void start(Context& context, const Options& options) {
    Json request = {{"stateMachineArn", machine_arn(context, options.which.machine)}};
    if (!options.name.empty()) request["name"] = options.name;
    if (!options.input.empty()) request["input"] = input_text(options.input);
    const Json answer = context.world.cloud().call("states", "StartExecution", request);
    context.output.done(answer, "Started " + require_string(answer, "executionArn") + ".");
}

void stop(Context& context, const Options& options) {
    Json request = {{"executionArn", options.which.arn(context)}};
    if (!options.error.empty()) request["error"] = options.error;
    if (!options.cause.empty()) request["cause"] = options.cause;
    const Json answer = context.world.cloud().call("states", "StopExecution", request);
    context.output.done(answer, "Stopped; what it did so far is in its history.");
}

void redrive(Context& context, const Options& options) {
    const Json answer = context.world.cloud().call("states", "RedriveExecution",
                                                   {{"executionArn", options.which.arn(context)}});
    context.output.done(answer, "It goes on from where it failed.");
}

}  // namespace

void add_executions_changes(CLI::App& executions, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* started = executions.add_subcommand("start", "Start an execution");
    started
        ->add_option("machine", options->which.machine,
                     "Name of a state machine, or ARN (also of a version or alias)")
        ->required();
    started->add_option("--name", options->name, "Name of the execution; else one is made up");
    started->add_option("--input", options->input,
                        "JSON text, @FILE, or - for standard input; {} when not given");
    started->callback([&context, options] { start(context, *options); });

    CLI::App* stopped = executions.add_subcommand("stop", "Stop a running execution");
    add_execution_argument(*stopped, options->which);
    stopped->add_option("--error", options->error, "Error name to note");
    stopped->add_option("--cause", options->cause, "Why, to note");
    stopped->callback([&context, options] { stop(context, *options); });

    CLI::App* redriven = executions.add_subcommand(
        "redrive", "Take up an execution that failed, timed out or was stopped, where it was");
    add_execution_argument(*redriven, options->which);
    redriven->callback([&context, options] { redrive(context, *options); });
}

}  // namespace lifeboat::cli
