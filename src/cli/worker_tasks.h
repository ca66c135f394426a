// The kinds of task a worker does (docs/aws.md, lifeboat worker), by the task's Action. One file
// each: worker_copy.cpp, worker_backup.cpp, worker_restore.cpp.
#pragma once

#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "cli/activity_task.h"
#include "cli/worker_vault.h"
#include "cli/world.h"
#include "os/unique_fd.h"

namespace lifeboat::cli {

// What a worker works with.
struct WorkerGround {
    World& world;
    const os::UniqueFd& root;  // where the file systems are mounted
    std::string root_path;
    const WorkerVault& vault;

    // A directory below the root, through mount points, never through links. Throws Error{NotFound,
    // "LocationNotFound"}, as Lifeboat's DataSync calls it.
    os::UniqueFd directory(const std::string& path, std::optional<mode_t> create_mode = {}) const;
    // Whether the file system that `path` starts with is mounted here, as far as one can see: its
    // directory is there and not empty. An empty one may be a mount point without its mount.
    bool is_mounted(const std::string& path) const;
    // The task's Destination: it must be there where CreateDestination is false, and is made for
    // its owner alone where not.
    os::UniqueFd destination(const Json& input) const;
};

// A path below the root that the task names; a slash before it means the same. Throws
// Error{InvalidInput} where it names none.
std::string path_in(const Json& input, const char* member);

// Does the task whose input this is; returns its output. Throws the Error it fails with:
// Error{Cancelled, "TaskGone"} when nobody waits for it any more, Error{InvalidInput,
// "UnknownAction"}.
Json do_task(const Json& input, const WorkerGround& ground, ActivityTask& task);

// Source to Destination, with Options as DataSync's. Output: the mover's report. Throws
// Error{Unavailable, "FileSystemNotMounted"} where the source is not there and nothing else is of
// its file system: a later try, or another worker, may find it.
Json copy_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task);
// A snapshot of Source, in the repository of Workspace. Output: SnapshotId, Workspace,
// Path, Began, TotalFiles, TotalBytes, DataAdded, ChangedWhileRead, TotalDuration (ms), Errors and
// the first Failures: what could not be read and is not in the snapshot. Throws Error{NotFound,
// "HomeNotFound"} where the file system is there and the directory is not.
Json back_up_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task);
// What the snapshot SnapshotId of Workspace holds of its first path, into Destination. Of
// Options count OverwriteMode, OwnerUid, OwnerGid, PreserveDeletedFiles, PreserveDevices and
// VerifyMode. Output: as the mover's report. Throws Error{NotFound, "SnapshotNotFound"},
// Error{Unavailable, "DestinationBusy"} while another task writes there.
Json restore_by_worker(const Json& input, const WorkerGround& ground, ActivityTask& task);

}  // namespace lifeboat::cli
