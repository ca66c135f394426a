// Makes a snapshot of files.
//
// Directories are walked in parallel; each file that is new or changed since the parent snapshot
// is read, cut, hashed, compressed, sealed and packed by the worker that read it, chunks of large
// files by all workers. A directory's tree is saved when all below it is done, so the top is saved
// last, and the snapshot after the index: a crash leaves blobs that the next run finds, never half
// a snapshot.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "vault/blob_writer.h"
#include "vault/excludes.h"
#include "vault/lock.h"
#include "vault/snapshot.h"

namespace lifeboat::vault {

class SourceViews;

struct BackupOptions {
    std::vector<std::string> paths;  // as the user named them; relative ones from here
    PatternList excludes;
    // Files whose presence leaves out what lies beside them, each "name" or "name:first bytes".
    std::vector<std::string> exclude_if_present;
    bool one_file_system = false;
    std::uint64_t largest_file = UINT64_MAX;
    bool with_atime = false;
    // Block devices among `paths` are files of what they hold; the others, and without this all,
    // are device nodes. One with a part that cannot be read is a failure, and not saved.
    bool read_special = false;
    // Where `paths` are read; nullptr: where they are. It outlives the backup.
    const SourceViews* views = nullptr;
    // Files equal to those of this snapshot are not read. Absent: all are.
    std::optional<Snapshot> parent;
    CompressionMode compression = CompressionMode::Auto;
    unsigned workers = 2;
    // Held on the repository, also when the snapshot is saved: what it relies on is there still.
    Lock* lock = nullptr;
    // What goes into the snapshot beside tree, paths and parent.
    Snapshot labels;
    // The snapshot is not saved. (Whoever wants nothing saved hands in a store that saves nothing.)
    bool dry_run = false;
};

// What is going on; read at any time.
struct BackupProgress {
    std::atomic<std::uint64_t> files_new{0}, files_changed{0}, files_unmodified{0};
    std::atomic<std::uint64_t> directories{0};
    std::atomic<std::uint64_t> bytes{0};  // of files, read or found unchanged
};

struct BackupProblem {
    std::string path;
    std::string what;
};

struct BackupReport {
    Snapshot snapshot;  // its id is zero in a dry run
    // Sources that could not be read: the snapshot lacks them.
    std::vector<BackupProblem> failures;
    // Files that changed while they were read: the snapshot has what was read.
    std::vector<BackupProblem> changed;
    // Directories that the view of their path does not have: they were read where they are, with
    // all below.
    std::vector<std::string> read_live;
    BlobWriter::Totals data, trees;
};

// The index is loaded. Throws InvalidInput when no path is there at all, Cancelled when `stop` was
// requested, LockLost, Corruption when something it relied on was removed in spite of its lock;
// what arrived stays in the repository.
BackupReport back_up(Repository& repository, const BackupOptions& options, BackupProgress& progress,
                     const std::stop_token& stop = {});

// The same for a stream that ends at the end of `fd`, as one file in the root. `require_whole` is
// called at that end: when it throws, there is no snapshot; what arrived stays in the repository.
BackupReport back_up_stream(Repository& repository, int fd, const std::string& name,
                            const BackupOptions& options, BackupProgress& progress,
                            const std::function<void()>& require_whole = {});

}  // namespace lifeboat::vault
