// lifeboat worker: does what a Step Functions activity hands out (worker_tasks.h), on a file system
// that is mounted here.
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/worker_tasks.h"
#include "mover/copy_tree.h"

namespace lifeboat::cli {
namespace {

struct Options {
    std::string activity;
    std::string root;
    std::string name;
    WorkerVault vault;
    int tasks = 0;  // 0: without end
};

void work(Context& context, const Options& options) {
    const os::UniqueFd root = mover::open_root(options.root, mover::MissingRoot::Refuse);
    cloud::Cloud& cloud = context.world.cloud();
    int done = 0;
    while (options.tasks == 0 || done < options.tasks) {
        Json request = {{"activityArn", options.activity}};
        if (!options.name.empty()) request["workerName"] = options.name;
        // Waits for a minute on the service's side.
        const Json task = cloud.call("states", "GetActivityTask", request);
        const std::string token = find_string(task, "taskToken").value_or("");
        if (token.empty()) continue;
        ++done;
        ActivityTask activity(context.world, token);
        try {
            try {
                const Json input = parse_json(string_or(task, "input", "{}"), "the task's input");
                log::info("a task begins", {{"input", to_text(input)}});
                const WorkerGround ground{context.world, root, options.root, options.vault};
                activity.succeeded(do_task(input, ground, activity));
                log::info("a task is done");
            } catch (const Error& e) {
                log::error("a task failed", {{"error", e.what()}});
                activity.failed(e);
            }
        } catch (const Error& e) {
            // The execution has ended meanwhile, or will notice by its heartbeat.
            log::error("a task's end was not taken", {{"error", e.what()}});
        }
    }
}

}  // namespace

void add_worker(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand(
        "worker",
        "Do the copies a Step Functions activity hands out. Their input: Source and Destination,\n"
        "below the root; Options as DataSync's; CreateDestination: false for one that must be "
        "there.\nWith --vault also snapshots: Action backup or restore, Workspace, SnapshotId");
    const auto options = std::make_shared<Options>();
    verb->add_option("--activity", options->activity, "ARN of the activity")->required();
    verb->add_option("--root", options->root, "Where the file system is mounted")->required();
    options->vault.add_to(*verb);
    verb->add_option("--name", options->name, "Shown in the execution's history");
    verb->add_option("--tasks", options->tasks, "End after so many (default: never)");
    verb->callback([&context, options] {
        options->vault.require_password();
        work(context, *options);
    });
}

}  // namespace lifeboat::cli
