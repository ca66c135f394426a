// lifeboat worker: does what a Step Functions activity hands out (worker_tasks.h), on a file system
// that is mounted here.
#include <type_traits>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pause.h"
#include "cli/command.h"
#include "cli/worker_tasks.h"
#include "mover/copy_tree.h"

namespace lifeboat::cli {
namespace {

// Between tries while the service or the root is away; on top of the client's own.
constexpr Backoff kTrouble{std::chrono::seconds(1), 2.0, std::chrono::seconds(15)};

struct Options {
    std::string activity;
    std::string root;
    std::string name;
    WorkerVault vault;
    int tasks = 0;  // 0: without end
};

class Worker {
  public:
    Worker(Context& context, Options options) : context_(context), options_(std::move(options)) {}

    void work() {
        int done = 0;
        while (options_.tasks == 0 || done < options_.tasks) {
            // Who cannot do a task leaves it to other workers.
            persistently("looking for the root", [&] { open_root(); });
            persistently("looking for the vault", [&] { options_.vault.require_there(); });
            const Json task = poll();
            const std::string token = find_string(task, "taskToken").value_or("");
            if (token.empty()) continue;
            ++done;
            carry_out(task, token);
        }
    }

  private:
    // For each task anew: the file system may be mounted later than the worker starts, and again.
    os::UniqueFd open_root() const {
        try {
            return mover::open_root(options_.root, mover::MissingRoot::Refuse);
        } catch (const Error& e) {
            if (e.category() != ErrorCategory::NotFound) throw;
            throw Error(ErrorCategory::Unavailable, "RootNotThere",
                        "the worker's root '" + options_.root +
                            "' is not there: mount the file system, or name another with --root");
        }
    }

    // Waits for a minute on the service's side.
    Json poll() {
        Json request = {{"activityArn", options_.activity}};
        if (!options_.name.empty()) request["workerName"] = options_.name;
        return persistently("asking for a task", [&] {
            return context_.world.cloud().call("states", "GetActivityTask", request);
        });
    }

    void carry_out(const Json& task, const std::string& token) {
        ActivityTask activity(context_.world, token);
        try {
            try {
                const Json input = parse_json(string_or(task, "input", "{}"), "the task's input");
                log::info("a task begins", {{"input", to_text(input)}});
                const os::UniqueFd root = open_root();
                const WorkerGround ground{context_.world, root, options_.root, options_.vault};
                const Json output = do_task(input, ground, activity);
                persistently("reporting a task", [&] { activity.succeeded(output); });
                log::info("a task is done");
            } catch (const Error& e) {
                log::error("a task failed", {{"error", e.what()}});
                persistently("reporting a failure", [&] { activity.failed(e); });
            }
        } catch (const Error& e) {
            // The execution has ended meanwhile, or will notice by its heartbeat.
            log::error("a task's end was not taken", {{"error", e.what()}});
        }
    }

    // Until it is done, or refused for good: the service or the root being away for a while is no
    // reason to end, and takes nothing from what is copied already.
    template <typename Call>
    std::invoke_result_t<Call> persistently(const char* what, Call call) {
        for (int tries = 1;; ++tries) {
            try {
                return call();
            } catch (const Error& e) {
                if (!is_retryable(e)) throw;
                const Duration delay = kTrouble.delay_after(tries, context_.world.random());
                log::warning("something is away; the worker goes on trying",
                             {{"doing", what},
                              {"error", e.what()},
                              {"again_in_ms", std::to_string(delay.count() / 1000)}});
                pause(context_.world.clock(), delay);
            }
        }
    }

    Context& context_;
    const Options options_;
};

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
        Worker(context, *options).work();
    });
}

}  // namespace lifeboat::cli
