// lifeboat executions graph: the machine as a drawing, coloured by what the execution did.
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "cli/state_machines.h"
#include "cli/studio.h"
#include "flow/graph/drawing.h"
#include "flow/graph/layout.h"
#include "flow/graph/overlay.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

struct Options {
    ExecutionArgument which;
    std::string format = "svg";
    std::string file;
};

void draw(Context& context, const Options& options) {
    const std::string arn = options.which.arn(context);
    cloud::Cloud& cloud = context.world.cloud();
    const Json execution = cloud.call("states", "DescribeExecution", {{"executionArn", arn}});
    const Json machine =
        cloud.call("states", "DescribeStateMachineForExecution", {{"executionArn", arn}});
    const std::string status = string_or(execution, "status", "");
    flow::graph::Graph graph = flow::graph::graph_of(require_string(machine, "definition"));
    flow::graph::overlay(graph, events_of(context, arn), status,
                         to_epoch_seconds(context.world.clock().now()));
    std::string subtitle = status + ", started " + time_member(execution, "startDate");
    if (const std::string time = took(execution); !time.empty()) subtitle += ", took " + time;
    const flow::graph::Caption caption{
        string_or(machine, "name", "") + " / " + string_or(execution, "name", ""), subtitle};
    std::string drawing;
    if (options.format == "mermaid") {
        drawing = flow::graph::to_mermaid(graph, caption);
    } else {
        flow::graph::lay_out(graph);
        drawing = flow::graph::to_svg(graph, caption);
    }
    if (options.file.empty()) {
        if (context.output.is_json())
            context.output.done(Json{{"format", options.format}, {"drawing", drawing}}, "");
        else
            std::cout << drawing;
        return;
    }
    os::publish_file(options.file, drawing);
    context.output.done(Json{{"format", options.format}, {"file", options.file}},
                        "Drawn to " + options.file + ".");
}

}  // namespace

void add_executions_graph(CLI::App& executions, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = executions.add_subcommand(
        "graph", "Draw the machine, coloured by what the execution did, with retries and times");
    add_execution_argument(*verb, options->which);
    verb->add_option("--format", options->format, "svg, or mermaid for a page of text")
        ->check(CLI::IsMember({"svg", "mermaid"}))
        ->capture_default_str();
    verb->add_option("--output", options->file, "Write to this file instead of printing");
    verb->callback([&context, options] { draw(context, *options); });
}

}  // namespace lifeboat::cli
