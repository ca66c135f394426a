// A worker's copy of a tree to a tree.
#include "base/error.h"
#include "base/json.h"
#include "cli/worker_tasks.h"
#include "mover/copy_tree.h"

namespace lifeboat::cli {
namespace {

// A file system that is not mounted here is another matter than a directory that was removed from
// it: taken for the latter, an older snapshot would be brought back in place of the home.
os::UniqueFd open_source(const std::string& source, const WorkerGround& ground) {
    try {
        return ground.directory(source);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound || ground.is_mounted(source)) throw;
        throw Error(ErrorCategory::Unavailable, "FileSystemNotMounted",
                    "there is no directory " + source +
                        " below the worker's root, nor anything else of its file system: mount it "
                        "at every worker of the activity");
    }
}

}  // namespace

Json copy_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task) {
    const mover::Roots roots{open_source(path_in(input, "Source"), ground),
                             ground.destination(input)};
    const Json* asked = find(input, "Options");
    mover::Options options =
        mover::options_from_datasync(asked != nullptr ? *asked : Json::object());
    mover::keep_owner_if_not_root(options);
    std::stop_source stop;
    mover::Surroundings around{ground.world.clock(), ground.world.random()};
    around.stop = stop.get_token();
    around.estimate = mover::Estimate::None;
    around.on_progress = [&](const mover::Progress& now) {
        if (!task.beat()) stop.request_stop();
        (void)now;
    };
    const mover::Report report = mover::copy_tree(roots, options, mover::Filter(), around);
    const Json value = to_json(report);
    if (report.cancelled) throw task_gone();
    if (!report.success())
        throw Error(ErrorCategory::Internal, "FilesFailed",
                    std::to_string(report.failures_total) +
                        " files could not be made equal: " + to_text(value));
    return value;
}

}  // namespace lifeboat::cli
