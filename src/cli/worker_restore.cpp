// A worker's restore of a home from a snapshot.
#include <algorithm>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "cli/worker_tasks.h"
#include "mover/destination_lock.h"
#include "mover/options.h"
#include "vault/lock.h"
#include "vault/restore.h"
#include "vault/thaw.h"
#include "vault/tree_path.h"

namespace lifeboat::cli {
namespace {

constexpr std::size_t kMostFailuresTold = 100;

std::optional<std::uint32_t> owner_of(const mover::OwnerRule& rule) {
    if (rule.kind != mover::OwnerRule::Kind::Set) return std::nullopt;
    return rule.id;
}

// What a copy's options mean for a restore.
void apply_options(const Json& input, vault::RestoreOptions& what) {
    const Json* asked = find(input, "Options");
    mover::Options options =
        mover::options_from_datasync(asked != nullptr ? *asked : Json::object());
    mover::keep_owner_if_not_root(options);
    using Mode = mover::OverwriteMode;
    what.overwrite = options.overwrite_mode == Mode::Always  ? vault::Overwrite::Always
                     : options.overwrite_mode == Mode::Newer ? vault::Overwrite::OnlyNewer
                                                             : vault::Overwrite::Never;
    what.owner = owner_of(options.uid);
    what.owning_group = owner_of(options.gid);
    what.deletes_extra = options.preserve_deleted_files == mover::PreserveDeletedFiles::Remove;
    what.makes_devices = options.preserve_devices == mover::PreserveDevices::Preserve;
    what.verifies = options.verify_mode != mover::VerifyMode::None;
}

// The snapshot's own name, not the start of one that somebody could have made since.
vault::Snapshot snapshot_of(vault::Repository& repository, const std::string& id) {
    if (!vault::Id::parse(id))
        throw Error(ErrorCategory::InvalidInput, "InvalidSnapshotId",
                    "'" + id + "' is not the whole id of a snapshot");
    try {
        return vault::load_snapshot(repository, id);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
        throw Error(ErrorCategory::NotFound, "SnapshotNotFound",
                    "there is no snapshot " + id + " in the workspace's repository any more");
    }
}

// A thaw has its price, which a person agrees to.
void require_thawed(vault::Repository& repository, const vault::RestoreOptions& what,
                    const vault::Snapshot& snapshot) {
    const vault::ThawPlan plan(repository, what);
    if (plan.is_ready()) return;
    const auto waiting = plan.waiting();
    throw Error(ErrorCategory::Unavailable, "SnapshotFrozen",
                std::to_string(waiting.packs) + " packs (" + std::to_string(waiting.bytes) +
                    " bytes) of the snapshot " + snapshot.id.hex() +
                    " have to be thawed before it can be restored; ask for that by `lifeboat vault "
                    "thaw`, and for the restore again when they are there. Nothing was written");
}

Json output_of(const vault::RestoreReport& report, const vault::RestoreProgress& progress,
               const vault::RestoreOptions& what, Duration took) {
    Json failures = Json::array();
    for (const vault::RestoreProblem& problem : report.problems) {
        if (failures.size() == kMostFailuresTold) break;
        failures.push_back({{"Path", problem.path}, {"Message", problem.what}});
    }
    const std::uint64_t files = progress.files;
    return {{"Status", report.problems.empty() ? "SUCCESS" : "ERROR"},
            {"FilesTransferred", files - progress.unchanged + progress.others},
            {"BytesWritten", progress.bytes.load()},
            {"FilesSkipped", progress.skipped.load()},
            {"FilesDeleted", progress.removed.load()},
            {"FilesSeen", files + progress.others},
            {"FilesFailed", report.problems.size()},
            {"Failures", std::move(failures)},
            {"Result",
             {{"PrepareStatus", "SUCCESS"},
              {"TransferStatus", "SUCCESS"},
              {"VerifyStatus", what.verifies ? "SUCCESS" : "PENDING"},
              {"TotalDuration", took.count() / 1000}}}};
}

}  // namespace

Json restore_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task) {
    World& world = ground.world;
    const Time began = world.clock().now();
    std::stop_source stop;
    const Heartbeats heartbeats(task, stop);
    const WorkspaceRepository opened = ground.vault.open(require_string(input, "Workspace"), world);
    vault::Repository& repository = *opened.repository;
    const vault::Lock lock(repository, vault::LockKind::Shared, world.clock());
    const vault::Snapshot snapshot = snapshot_of(repository, require_string(input, "SnapshotId"));
    if (snapshot.paths.empty())
        throw Error(ErrorCategory::InvalidInput, "SnapshotWithoutPath",
                    "the snapshot " + snapshot.id.hex() + " names no directory to restore");
    repository.load_index();

    vault::RestoreOptions what;
    apply_options(input, what);
    what.top = vault::directory_at(repository, snapshot.tree, snapshot.paths.front());
    what.tree = *what.top->subtree;
    what.workers = std::max(1U, std::thread::hardware_concurrency());
    require_thawed(repository, what, snapshot);
    const os::UniqueFd target = ground.destination(input);
    const mover::DestinationLock alone(target.get());
    // The directory that was opened, whatever its path leads to by now.
    what.target = "/proc/self/fd/" + std::to_string(target.get());

    vault::RestoreProgress progress;
    const vault::RestoreReport report =
        vault::restore(repository, what, progress, stop.get_token());
    if (stop.stop_requested()) throw task_gone();
    const Json output = output_of(report, progress, what, world.clock().now() - began);
    if (!report.problems.empty())
        throw Error(ErrorCategory::Internal, "FilesFailed",
                    std::to_string(report.problems.size()) +
                        " files could not be restored: " + to_text(output));
    return output;
}

}  // namespace lifeboat::cli
