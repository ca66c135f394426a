// lifeboat worker: does the copies that a Step Functions activity hands out, on a file system that
// is mounted here.
#include <condition_variable>
#include <mutex>
#include <type_traits>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "mover/copy_tree.h"
#include "os/directory.h"

namespace lifeboat::cli {
namespace {

// A heartbeat a minute is what activities usually ask for; this is often enough for half of that.
constexpr std::chrono::seconds kHeartbeat{15};
constexpr mode_t kHomeMode = 0700;             // of a destination that is made
constexpr std::size_t kLongestCause = 32'000;  // Step Functions takes 32768 characters
// Between tries while the service or the root is away; on top of the client's own.
constexpr Backoff kTrouble{std::chrono::seconds(1), 2.0, std::chrono::seconds(15)};

struct Options {
    std::string activity;
    std::string root;
    std::string name;
    int tasks = 0;  // 0: without end
};

// One task of the activity: its input, and how it ends.
class ActivityTask {
  public:
    ActivityTask(Context& context, std::string token)
        : context_(context), token_(std::move(token)) {}

    Json copy(const Json& input, const os::UniqueFd& root) {
        const bool creates = bool_or(input, "CreateDestination", true);
        const mover::Roots roots{opened(root, require_string(input, "Source"), std::nullopt),
                                 opened(root, require_string(input, "Destination"),
                                        creates ? std::optional(kHomeMode) : std::nullopt)};
        const Json* asked = find(input, "Options");
        mover::Options options =
            mover::options_from_datasync(asked != nullptr ? *asked : Json::object());
        mover::keep_owner_if_not_root(options);
        std::stop_source stop;
        mover::Surroundings around{context_.world.clock(), context_.world.random()};
        around.stop = stop.get_token();
        around.estimate = mover::Estimate::None;
        around.on_progress = [&](const mover::Progress& now) {
            if (!beat()) stop.request_stop();
            (void)now;
        };
        const mover::Report report = mover::copy_tree(roots, options, mover::Filter(), around);
        const Json value = to_json(report);
        if (report.cancelled)
            throw Error(ErrorCategory::Cancelled, "TaskGone",
                        "the execution does not wait for this copy any more");
        if (!report.success())
            throw Error(ErrorCategory::Internal, "FilesFailed",
                        std::to_string(report.failures_total) +
                            " files could not be made equal: " + to_text(value));
        return value;
    }

    void succeeded(const Json& output) {
        context_.world.cloud().call("states", "SendTaskSuccess",
                                    {{"taskToken", token_}, {"output", to_text(output)}});
    }

    void failed(const Error& error) {
        context_.world.cloud().call(
            "states", "SendTaskFailure",
            {{"taskToken", token_},
             {"error", error.code()},
             {"cause", std::string(error.what()).substr(0, kLongestCause)}});
    }

  private:
    // File systems may be mounted below the root.
    static os::UniqueFd opened(const os::UniqueFd& root, const std::string& path,
                               std::optional<mode_t> create_mode) {
        try {
            return os::open_directory_below(root.get(), path, create_mode, os::Mounts::Cross);
        } catch (const Error& e) {
            if (e.category() != ErrorCategory::NotFound) throw;
            // As Lifeboat's DataSync calls it.
            throw Error(ErrorCategory::NotFound, "LocationNotFound",
                        "there is no directory " + path + " below the worker's root");
        }
    }

    // False: nobody waits for the task any more.
    bool beat() {
        const Time now = context_.world.clock().now();
        if (now < next_beat_) return true;
        next_beat_ = now + kHeartbeat;
        try {
            context_.world.cloud().call("states", "SendTaskHeartbeat", {{"taskToken", token_}});
        } catch (const Error& e) {
            if (e.code() == "TaskTimedOut" || e.code() == "TaskDoesNotExist") return false;
            log::warning("no heartbeat was taken", {{"error", e.what()}});
        }
        return true;
    }

    Context& context_;
    const std::string token_;
    Time next_beat_{};
};

class Worker {
  public:
    Worker(Context& context, Options options) : context_(context), options_(std::move(options)) {}

    void work() {
        int done = 0;
        while (options_.tasks == 0 || done < options_.tasks) {
            // Who cannot do a task leaves it to other workers.
            persistently("looking for the root", [&] { open_root(); });
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
        ActivityTask activity(context_, token);
        try {
            try {
                const Json input = parse_json(string_or(task, "input", "{}"), "the task's input");
                log::info("a copy begins", {{"input", to_text(input)}});
                const Json report = activity.copy(input, open_root());
                persistently("reporting a copy", [&] { activity.succeeded(report); });
                log::info("a copy is done");
            } catch (const Error& e) {
                log::error("a copy failed", {{"error", e.what()}});
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
                pause(delay);
            }
        }
    }

    void pause(Duration delay) const {
        const Clock& clock = context_.world.clock();
        std::mutex mutex;
        std::condition_variable never;
        std::unique_lock lock(mutex);
        const Time until = clock.now() + delay;
        while (clock.now() < until)
            clock.wait_until(lock, never, until);
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
        "there");
    const auto options = std::make_shared<Options>();
    verb->add_option("--activity", options->activity, "ARN of the activity")->required();
    verb->add_option("--root", options->root, "Where the file system is mounted")->required();
    verb->add_option("--name", options->name, "Shown in the execution's history");
    verb->add_option("--tasks", options->tasks, "End after so many (default: never)");
    verb->callback([&context, options] { Worker(context, *options).work(); });
}

}  // namespace lifeboat::cli
