// lifeboat executions watch: follows an execution until it ends.
//
// On a terminal the list of states is drawn again as it changes; elsewhere every step is a line of
// its own; with --json every event is a line of JSON, followed by the execution.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "base/pause.h"
#include "cli/state_machines.h"
#include "flow/graph/drawing.h"
#include "flow/graph/overlay.h"

namespace lifeboat::cli {
namespace {

struct Options {
    ExecutionArgument which;
    double interval = 1;  // seconds
};

std::string_view colour_of(flow::graph::Outcome outcome) {
    using flow::graph::Outcome;
    switch (outcome) {
        case Outcome::Running:
            return "\x1b[34m";
        case Outcome::Succeeded:
        case Outcome::Retried:
            return "\x1b[32m";
        case Outcome::Caught:
            return "\x1b[33m";
        case Outcome::Failed:
            return "\x1b[31m";
        default:
            return "\x1b[2m";
    }
}

class Watch {
  public:
    Watch(Context& context, const Options& options)
        : context_(context),
          arn_(options.which.arn(context)),
          interval_(std::chrono::duration_cast<Duration>(
              std::chrono::duration<double>(options.interval))),
          terminal_(::isatty(STDOUT_FILENO) == 1 && !context.output.is_json()) {
        graph_ = flow::graph::graph_of(require_string(
            call("DescribeStateMachineForExecution", {{"executionArn", arn_}}), "definition"));
    }

    void run() {
        for (;;) {
            // The status first: the history read after it is then complete when it has ended.
            const Json execution = call("DescribeExecution", {{"executionArn", arn_}});
            const std::string status = string_or(execution, "status", "");
            const std::size_t known = events_.size();
            read_events();
            if (context_.output.is_json())
                for (std::size_t i = known; i < events_.size(); ++i)
                    std::cout << to_text(events_[i]) << '\n';
            else if (terminal_)
                redraw(execution, status);
            else
                for (std::size_t i = known; i < events_.size(); ++i)
                    print_line(events_[i]);
            std::cout.flush();
            if (status != "RUNNING" && status != "PENDING_REDRIVE")
                return finish(execution, status);
            pause(context_.world.clock(), interval_);
        }
    }

  private:
    Json call(const char* operation, const Json& request) {
        return context_.world.cloud().call("states", operation, request);
    }

    // Newest first, back to what is known already.
    void read_events() {
        const std::int64_t last = events_.empty() ? 0 : require_integer(events_.back(), "id");
        Json request = {
            {"executionArn", arn_}, {"reverseOrder", true}, {"maxResults", last == 0 ? 1000 : 100}};
        std::vector<Json> fresh;
        for (bool more = true; more;) {
            const Json page = call("GetExecutionHistory", request);
            for (const Json& event : page.at("events")) {
                if (require_integer(event, "id") <= last) {
                    more = false;
                    break;
                }
                fresh.push_back(event);
            }
            const auto next = find_string(page, "nextToken");
            if (!next) break;
            request["nextToken"] = *next;
        }
        events_.insert(events_.end(), fresh.rbegin(), fresh.rend());
    }

    void print_line(const Json& event) {
        const std::string type = string_or(event, "type", "");
        std::string state, more;
        for (const auto& [name, details] : event.items()) {
            if (!name.ends_with("EventDetails")) continue;
            state = string_or(details, "name", "");
            more = string_or(details, "error", "");
            if (const std::string cause = string_or(details, "cause", ""); !cause.empty())
                more += (more.empty() ? "" : ": ") + cause.substr(0, 200);
        }
        std::cout << to_iso8601_millis(from_epoch_seconds(event.at("timestamp").get<double>()))
                  << "  " << type << (state.empty() ? "" : "  " + shown(state))
                  << (more.empty() ? "" : "  " + shown(more)) << '\n';
    }

    void redraw(const Json& execution, const std::string& status) {
        flow::graph::Graph graph = graph_;
        flow::graph::overlay(graph, Json(events_), status,
                             to_epoch_seconds(context_.world.clock().now()));
        std::vector<const flow::graph::Node*> entered;
        flow::graph::each_graph(graph, [&](const flow::graph::Graph& part) {
            for (const flow::graph::Node& node : part.nodes)
                if (node.visit.visits > 0) entered.push_back(&node);
        });
        std::ranges::stable_sort(entered, [](const auto* a, const auto* b) {
            return a->visit.entered < b->visit.entered;
        });
        if (drawn_ > 0) std::cout << "\x1b[" << drawn_ << "A\x1b[J";
        std::cout << shown(string_or(execution, "name", "")) << "  " << status << '\n';
        drawn_ = 1;
        for (const flow::graph::Node* node : entered) {
            std::cout << "  " << colour_of(node->visit.outcome)
                      << flow::graph::to_string(node->visit.outcome) << "\x1b[0m  "
                      << shown(node->name) << "  " << flow::graph::visit_text(node->visit);
            if (!node->visit.problem.empty() &&
                node->visit.outcome != flow::graph::Outcome::Succeeded)
                std::cout << "  " << shown(node->visit.problem).substr(0, 60);
            std::cout << '\n';
            ++drawn_;
        }
    }

    void finish(const Json& execution, const std::string& status) {
        if (context_.output.is_json()) {
            std::cout << to_text(execution) << '\n';
        } else {
            const std::string time = took(execution);
            std::cout << status << (time.empty() ? "" : " after " + time);
            if (const std::string error = string_or(execution, "error", ""); !error.empty())
                std::cout << ": " << shown(error) << ": "
                          << shown(string_or(execution, "cause", "")).substr(0, 400);
            std::cout << '\n';
        }
        context_.exit_code = exit_code_of_status(status);
    }

    Context& context_;
    std::string arn_;
    Duration interval_;
    bool terminal_;
    flow::graph::Graph graph_;
    std::vector<Json> events_;  // oldest first
    int drawn_ = 0;             // lines on the terminal
};

}  // namespace

void add_executions_watch(CLI::App& executions, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = executions.add_subcommand(
        "watch", "Follow an execution until it ends; 1 unless it succeeds");
    add_execution_argument(*verb, options->which);
    verb->add_option("--interval", options->interval, "Seconds between two looks")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    verb->callback([&context, options] { Watch(context, *options).run(); });
}

}  // namespace lifeboat::cli
