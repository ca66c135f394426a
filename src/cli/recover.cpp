// lifeboat recover ...: recoveries, started by hand or followed.
#include <unistd.h>

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/profile_argument.h"

namespace lifeboat::cli {
namespace {

using namespace std::chrono_literals;

struct Options {
    ProfileArgument who;
    std::string source;
    std::string snapshot;
    std::string overwrite;
    std::string status;
    std::string domain;
    bool all = false;
    bool wait = false;
    bool dry_run = false;
};

std::string problem_of(const Json& row) {
    const std::string error = member_text(row, "recovery_error");
    return error.empty() ? "" : error + ": " + member_text(row, "recovery_cause");
}

recovery::RecoveryRequest request_from(const Options& options) {
    recovery::RecoveryRequest request;
    request.target = options.who.value();
    if (!options.source.empty()) {
        const auto slash = options.source.find('/');
        recovery::Home home;
        if (slash != std::string::npos)
            home = {options.source.substr(0, slash), options.source.substr(slash + 1)};
        if (!home.known() || !recovery::is_uid(home.uid))
            throw Error(ErrorCategory::InvalidInput, "UsageError",
                        "--source must be FILE-SYSTEM/UID, such as fs-0123456789abcdef0/200005");
        request.source = home;
    }
    request.snapshot = options.snapshot;
    if (!options.overwrite.empty())
        request.options_json = to_text(Json{{"OverwriteMode", options.overwrite}});
    return request;
}

// Follows an execution to its end and returns what it is then; says so on a terminal.
Json ended(Context& context, const std::string& execution) {
    std::mutex mutex;
    std::condition_variable never;
    std::string last;
    while (true) {
        Json described = context.world.cloud().call("states", "DescribeExecution",
                                                    {{"executionArn", execution}});
        const std::string status = member_text(described, "status");
        if (status != "RUNNING") {
            if (status != "SUCCEEDED") context.exit_code = kFailed;
            return described;
        }
        if (status != last && !context.output.is_json()) std::cerr << status << " ...\n";
        last = status;
        std::unique_lock lock(mutex);
        context.world.clock().wait_until(lock, never, context.world.clock().now() + 500ms);
    }
}

std::string how_it_ended(const Json& execution) {
    const std::string error = member_text(execution, "error");
    return member_text(execution, "status") +
           (error.empty() ? "" : ", " + error + ": " + member_text(execution, "cause"));
}

void start(Context& context, const Options& options) {
    auto admin = administration(context);
    const auto request = request_from(options);
    if (options.dry_run) {
        const Json plan = admin.plan(request);
        context.output.record(plan, {{"Target", member_text(plan, "Target")},
                                     {"Would be", member_text(plan, "Status")},
                                     {"Sources", member_text(plan, "Sources")},
                                     {"Because", member_text(plan, "Explanation")},
                                     {"Options", member_text(plan, "Options")}});
        return;
    }
    const auto started = admin.start(request);
    if (options.wait) {
        const Json described = ended(context, started.execution);
        return context.output.done(described, "The recovery ended: " + how_it_ended(described));
    }
    context.output.done(Json{{"executionArn", started.execution}, {"wasThere", started.was_there}},
                        "Started " + started.execution);
}

void retry(Context& context, const Options& options) {
    auto admin = administration(context);
    std::vector<recovery::Started> started;
    if (options.all)
        started = admin.retry_all();
    else if (options.who.name.empty() || options.who.domain.empty())
        throw Error(ErrorCategory::InvalidInput, "UsageError",
                    "name a profile and its --domain, or say --all");
    else
        started.push_back(admin.retry(options.who.value()));
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : started) {
        list.push_back(options.wait ? ended(context, one.execution)
                                    : Json{{"executionArn", one.execution}});
        rows.push_back({one.execution, options.wait ? how_it_ended(list.back()) : ""});
    }
    context.output.table(list, {"STARTED", options.wait ? "ENDED" : ""}, rows,
                         "No recovery is in error.");
}

void status(Context& context, const Options& options) {
    const Json answer = administration(context).status(options.who.value());
    const Json* row = find(answer, "Row");
    const Json* execution = find(answer, "Execution");
    const Json empty = Json::object();
    const Json& known = row ? *row : empty;
    context.output.record(
        answer, {{"Profile", member_text(known, "profile_name")},
                 {"Domain", member_text(known, "domain_name")},
                 {"Home", member_text(known, "efs_sys_id") + "/" + member_text(known, "efs_uid")},
                 {"Status", member_text(known, "replication_status")},
                 {"Files", member_text(known, "files_transferred")},
                 {"Bytes", member_text(known, "bytes_written")},
                 {"Took (ms)", member_text(known, "total_duration_ms")},
                 {"Because", member_text(known, "recovery_explanation")},
                 {"Problem", problem_of(known)},
                 {"Execution", execution && execution->is_object()
                                   ? member_text(*execution, "executionArn") + " " +
                                         member_text(*execution, "status")
                                   : "none"}});
}

void list(Context& context, const Options& options) {
    Json recoveries = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const Json& item : administration(context).list(options.domain, options.status)) {
        const std::string state = member_text(item, "replication_status");
        if (state.empty() || state == "NONE") continue;
        recoveries.push_back(item);
        rows.push_back({member_text(item, "profile_name"), member_text(item, "domain_name"), state,
                        member_text(item, "bytes_written"), member_text(item, "total_duration_ms"),
                        problem_of(item).substr(0, 80)});
    }
    context.output.table(recoveries, {"PROFILE", "DOMAIN", "STATUS", "BYTES", "MS", "PROBLEM"},
                         rows, "No recoveries.");
}

}  // namespace

void add_recover(CLI::App& app, Context& context) {
    CLI::App* group =
        app.add_subcommand("recover", "Bring homes back: by hand, or see how it went");
    group->require_subcommand(1);
    const auto options = std::make_shared<Options>();

    CLI::App* started =
        group->add_subcommand("start", "Bring a profile's work into its present home");
    add_profile_argument(*started, options->who);
    started->add_option("--source", options->source,
                        "FILE-SYSTEM/UID; default: chosen from the history");
    started
        ->add_option("--source-snapshot", options->snapshot,
                     "Restore this snapshot from the vault; a worker with --vault does it")
        ->excludes("--source");
    started->add_option("--overwrite", options->overwrite, "What happens to files that are there")
        ->check(CLI::IsMember({"NEWER", "ALWAYS", "NEVER"}));
    started->add_flag("--dry-run,-n", options->dry_run, "Only say what would be copied, and why");
    started->add_flag("--wait,-w", options->wait, "Wait for the end; exit code 1 if it failed");
    started->callback([&context, options] { start(context, *options); });

    CLI::App* shown =
        group->add_subcommand("status", "Show how the last recovery of a profile went");
    add_profile_argument(*shown, options->who);
    shown->callback([&context, options] { status(context, *options); });

    CLI::App* listed = group->add_subcommand("list", "List recoveries");
    listed->add_option("--status", options->status,
                       "PENDING, RUNNING, SUCCESS, ERROR, OFF, SUPERSEDED");
    listed->add_option("--domain", options->domain, "Only of this domain (name or id)");
    listed->callback([&context, options] { list(context, *options); });

    CLI::App* again = group->add_subcommand("retry", "Try a failed recovery again");
    again->add_option("name", options->who.name, "User profile (or space)");
    again->add_option("--domain", options->who.domain, "Name or id of the domain");
    again->add_flag("--space", options->who.is_space, "The name is a space's");
    again->add_flag("--all", options->all, "Every recovery that is in error");
    again->add_flag("--wait,-w", options->wait, "Wait for the end; exit code 1 if it failed");
    again->callback([&context, options] { retry(context, *options); });
}

}  // namespace lifeboat::cli
