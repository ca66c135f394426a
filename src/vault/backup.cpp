#include "vault/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fault.h"
#include "vault/backup_walk.h"
#include "vault/content_reader.h"
#include "vault/orphans.h"

namespace lifeboat::vault {
namespace {

void save(Repository& repository, const BackupOptions& options, Snapshot snapshot,
          BlobWriter& writer, BackupReport& report) {
    writer.finish();
    report.data = writer.totals(BlobType::Data);
    report.trees = writer.totals(BlobType::Tree);
    if (options.parent) snapshot.parent = options.parent->id;
    if (options.lock != nullptr) options.lock->require_held();
    if (!options.dry_run) {
        snapshot.id = save_snapshot(repository, snapshot);
        fault::reach("vault.backup.snapshot-written");
        // A prune that listed the snapshots before did not see this one.
        index_again(repository, snapshot.tree);
    }
    report.snapshot = std::move(snapshot);
}

}  // namespace

BackupReport back_up(Repository& repository, const BackupOptions& options, BackupProgress& progress,
                     const std::stop_token& stop) {
    BackupReport report;
    BlobWriter writer(repository, options.compression);
    Snapshot snapshot = options.labels;
    try {
        BackupRun run(writer, options, progress, report, stop);
        BackupWalk walk(repository, run);
        snapshot.tree = walk.run();
        snapshot.paths = walk.absolute_paths();
    } catch (const Error& error) {
        // What arrived is listed for the next run.
        if (error.category() == ErrorCategory::Cancelled) writer.finish();
        throw;
    }
    save(repository, options, std::move(snapshot), writer, report);
    return report;
}

BackupReport back_up_stream(Repository& repository, int fd, const std::string& name,
                            const BackupOptions& options, BackupProgress& progress,
                            const std::function<void()>& require_whole) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
        throw Error(ErrorCategory::InvalidInput, "InvalidName",
                    "'" + name + "' is not the name of a file; give one without slashes");
    BackupReport report;
    BlobWriter writer(repository, options.compression);
    Node node;
    node.name = name;
    node.mode = 0644;
    node.mtime = node.atime = node.ctime = options.labels.time;
    node.uid = ::geteuid();
    node.gid = ::getegid();
    node.content.emplace();
    const Chunker chunker(repository.polynomial());
    Bytes buffer;
    node.size = read_chunks(fd, 0, chunker, buffer, [&](std::string_view chunk) {
        progress.bytes += chunk.size();
        node.content->push_back(writer.save(BlobType::Data, chunk));
    });
    try {
        if (require_whole) require_whole();
    } catch (...) {
        // What arrived is listed for the next run.
        writer.finish();
        throw;
    }
    ++progress.files_new;
    Snapshot snapshot = options.labels;
    snapshot.tree = writer.save(BlobType::Tree, encode_tree({node}));
    snapshot.paths = {"/" + name};
    save(repository, options, std::move(snapshot), writer, report);
    return report;
}

}  // namespace lifeboat::vault
