// A worker's copy of a tree to a tree.
#include "base/error.h"
#include "base/json.h"
#include "cli/worker_tasks.h"
#include "mover/copy_tree.h"

namespace lifeboat::cli {
namespace {

constexpr mode_t kHomeMode = 0700;  // of a destination that is made

}  // namespace

Json copy_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task) {
    const bool creates = bool_or(input, "CreateDestination", true);
    const mover::Roots roots{ground.directory(require_string(input, "Source")),
                             ground.directory(require_string(input, "Destination"),
                                              creates ? std::optional(kHomeMode) : std::nullopt)};
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
