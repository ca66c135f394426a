// lifeboat machines ...: state machines, and whether a definition is right.
#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/state_machines.h"
#include "cli/studio.h"
#include "cloud/pages.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string machine;
    std::string file;
    std::string type = "STANDARD";
};

void list(Context& context) {
    const Json machines =
        cloud::all_items(context.world.cloud(), "states", "ListStateMachines", Json::object());
    std::vector<std::vector<std::string>> rows;
    for (const Json& machine : machines)
        rows.push_back({string_or(machine, "name", ""), string_or(machine, "type", ""),
                        time_member(machine, "creationDate"),
                        string_or(machine, "stateMachineArn", "")});
    context.output.table(machines, {"NAME", "TYPE", "CREATED", "ARN"}, rows, "No state machines.");
}

void show_machine(Context& context, const Options& options) {
    cloud::Cloud& cloud = context.world.cloud();
    const std::string arn = machine_arn(context, options.machine);
    const Json machine = cloud.call("states", "DescribeStateMachine", {{"stateMachineArn", arn}});
    context.output.record(machine, {{"Name", string_or(machine, "name", "")},
                                    {"ARN", string_or(machine, "stateMachineArn", "")},
                                    {"Type", string_or(machine, "type", "")},
                                    {"Status", string_or(machine, "status", "")},
                                    {"Role", string_or(machine, "roleArn", "")},
                                    {"Created", time_member(machine, "creationDate")},
                                    {"Revision", string_or(machine, "revisionId", "")},
                                    {"Definition", string_or(machine, "definition", "")}});
}

void validate(Context& context, const Options& options) {
    const std::string definition = os::read_file(options.file);
    const Json answer =
        context.world.cloud().call("states", "ValidateStateMachineDefinition",
                                   {{"definition", definition}, {"type", options.type}});
    std::vector<std::vector<std::string>> rows;
    for (const Json& problem : answer.at("diagnostics"))
        rows.push_back({string_or(problem, "severity", ""), string_or(problem, "code", ""),
                        string_or(problem, "location", ""), string_or(problem, "message", "")});
    context.output.table(answer, {"SEVERITY", "CODE", "PLACE", "MESSAGE"}, rows,
                         "The definition is valid.");
    if (string_or(answer, "result", "") != "OK") context.exit_code = kFailed;
}

}  // namespace

void add_machines(CLI::App& app, Context& context) {
    CLI::App* group = app.add_subcommand("machines", "State machines");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    CLI::App* listed = group->add_subcommand("list", "List state machines");
    listed->callback([&context] { list(context); });
    CLI::App* shown = group->add_subcommand("show", "Show a state machine and its definition");
    shown->add_option("machine", options->machine, "Name or ARN, also of a version or alias")
        ->required();
    shown->callback([&context, options] { show_machine(context, *options); });
    CLI::App* checked =
        group->add_subcommand("validate", "Check a definition; says what is wrong and where");
    checked->add_option("file", options->file, "File with the definition")->required();
    checked->add_option("--type", options->type, "Type of machine it is for")
        ->check(CLI::IsMember({"STANDARD", "EXPRESS"}))
        ->capture_default_str();
    checked->callback([&context, options] { validate(context, *options); });
}

}  // namespace lifeboat::cli
