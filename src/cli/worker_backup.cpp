// A worker's snapshot of a home.
#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "cli/worker_tasks.h"
#include "vault/backup.h"
#include "vault/lock.h"
#include "vault/orphans.h"

namespace lifeboat::cli {
namespace {

// The output of a task has at most 256 KiB, a name up to 4 KiB.
constexpr std::size_t kMostFailuresTold = 20;

std::vector<std::string> texts_in(const Json& input, std::string_view member) {
    std::vector<std::string> texts;
    if (const Json* list = find(input, member); list != nullptr && list->is_array())
        for (const Json& text : *list)
            if (text.is_string()) texts.push_back(text.get<std::string>());
    return texts;
}

// A file system that is not mounted here is another matter than a home that nobody ever made: taken
// for the latter, a home would be lost and nobody told.
void require_home(const std::string& source, const WorkerGround& ground) {
    const std::string file_system = source.substr(0, source.find('/'));
    if (!ground.is_mounted(source))
        throw Error(ErrorCategory::NotFound, "LocationNotFound",
                    "the directory " + file_system +
                        " below the worker's root is not there, or empty: is the file system "
                        "mounted there?");
    try {
        ground.directory(source);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
        throw Error(ErrorCategory::NotFound, "HomeNotFound",
                    "the file system is there, but it has no directory " + source);
    }
}

// The newest snapshot of the same directory: of a task that was done before and not heard of.
std::optional<vault::Snapshot> parent_of(vault::Repository& repository, const std::string& host,
                                         const std::string& path) {
    auto alike = vault::list_snapshots(repository, {{host}, {}, {path}}, [](auto&, auto&) {});
    if (alike.empty()) return std::nullopt;
    return std::move(alike.back());
}

Json output_of(const vault::BackupReport& done, const vault::BackupProgress& progress,
               const std::string& workspace, Time began, Time ended) {
    Json failures = Json::array();
    for (const vault::BackupProblem& problem : done.failures) {
        if (failures.size() == kMostFailuresTold) break;
        failures.push_back({{"Path", problem.path}, {"Message", problem.what}});
    }
    return {{"SnapshotId", done.snapshot.id.hex()},
            {"Workspace", workspace},
            {"Path", done.snapshot.paths.front()},
            {"TotalFiles", progress.files_new + progress.files_changed + progress.files_unmodified},
            {"TotalBytes", progress.bytes.load()},
            {"DataAdded", done.data.bytes + done.trees.bytes},
            {"Errors", done.failures.size()},
            {"Failures", std::move(failures)},
            {"ChangedWhileRead", done.changed.size()},
            {"Began", to_iso8601_millis(began)},
            {"TotalDuration", (ended - began).count() / 1000}};
}

}  // namespace

Json back_up_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task) {
    World& world = ground.world;
    const Time began = world.clock().now();
    const std::string workspace = require_string(input, "Workspace");
    const std::string source = path_in(input, "Source");
    std::stop_source stop;
    const Heartbeats heartbeats(task, stop);
    ground.vault.require_given();
    require_home(source, ground);
    const WorkspaceRepository opened = ground.vault.open_or_make(workspace, world);
    vault::Repository& repository = *opened.repository;
    vault::Lock lock(repository, vault::LockKind::Shared, world.clock());

    vault::BackupOptions what;
    what.lock = &lock;
    // A backup follows no links; the way to the root may have some.
    what.paths = {
        (std::filesystem::canonical(ground.root_path) / source).lexically_normal().string()};
    const vault::LockOwner owner = vault::LockOwner::current();
    what.labels.host = string_or(input, "Host", owner.host);
    what.labels.user = owner.user;
    what.labels.uid = owner.uid;
    what.labels.gid = owner.gid;
    what.labels.time = vault::ZonedTime::local(began);
    what.labels.program = "lifeboat " LIFEBOAT_VERSION;
    what.labels.tags = texts_in(input, "Tags");
    what.parent = parent_of(repository, what.labels.host, what.paths.front());
    what.workers = std::max(1U, std::thread::hardware_concurrency());
    repository.load_index(vault::Repository::Detail::Backup);
    vault::adopt_orphans_of_the_dead(repository, lock);

    vault::BackupProgress progress;
    try {
        const vault::BackupReport done =
            vault::back_up(repository, what, progress, stop.get_token());
        return output_of(done, progress, workspace, began, world.clock().now());
    } catch (const Error& e) {
        if (e.category() == ErrorCategory::Cancelled && stop.stop_requested()) throw task_gone();
        throw;
    }
}

}  // namespace lifeboat::cli
