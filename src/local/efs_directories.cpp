#include "local/efs_directories.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "local/site.h"
#include "mover/removal.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::local {
namespace {

// A handle is held per level; deeper trees are counted down to here.
constexpr unsigned kDeepestMeasured = 200;

std::int64_t bytes_on_disk(const struct stat& status) {
    return static_cast<std::int64_t>(status.st_blocks) * 512;
}

std::int64_t measured(int directory, unsigned depth, const std::stop_token& stop) {
    std::int64_t total = bytes_on_disk(os::look_at(directory));
    os::each_name(directory, [&](const std::string& name, unsigned char) {
        if (stop.stop_requested())
            throw Error(ErrorCategory::Cancelled, "Stopping", "the process is stopping");
        const auto status = os::look_at(directory, name);
        if (!status) return true;
        if (!S_ISDIR(status->st_mode) || depth == kDeepestMeasured) {
            total += bytes_on_disk(*status);
            return true;
        }
        try {
            total += measured(os::open_below(directory, name, O_RDONLY | O_DIRECTORY).get(),
                              depth + 1, stop);
        } catch (const Error& error) {
            // Closed to us, or changed meanwhile: the size is an estimate, as it is on AWS.
            if (error.category() == ErrorCategory::Cancelled) throw;
            total += bytes_on_disk(*status);
        }
        return true;
    });
    return total;
}

}  // namespace

void EfsDirectories::prepare() {
    site_.jobs.handle(std::string(EfsRegistry::kMakeJob),
                      [this](const Job& job) { return make(job); });
    JobPolicy one_at_a_time;
    one_at_a_time.concurrency = 1;
    site_.jobs.handle(
        std::string(EfsRegistry::kMeasureJob), [this](const Job& job) { return measure(job); },
        one_at_a_time);
    site_.jobs.handle(std::string(EfsRegistry::kRemoveJob),
                      [this](const Job& job) { return remove(job); });
}

bool EfsDirectories::exists(const std::string& file_system) const {
    return site_.database.read(
        [&](Transaction& tx) { return registry_.file_system(tx, file_system).has_value(); });
}

JobResult EfsDirectories::make(const Job& job) {
    const std::string file_system = require_string(*job.payload, "FileSystemId");
    if (!exists(file_system)) return finished();
    DirectoryOwner owner;
    owner.uid = static_cast<std::uint32_t>(require_integer(*job.payload, "Uid"));
    owner.gid = static_cast<std::uint32_t>(require_integer(*job.payload, "Gid"));
    owner.mode = static_cast<unsigned>(require_integer(*job.payload, "Mode"));
    registry_.make_durable_directory(file_system, string_or(*job.payload, "Path", ""), owner);
    return finished([this, file_system](Transaction& tx) {
        // Deleted meanwhile: what was just made must go too.
        if (!registry_.file_system(tx, file_system))
            site_.jobs.enqueue(tx, EfsRegistry::kRemoveJob, file_system,
                               Json{{"FileSystemId", file_system}}, site_.clock.now());
    });
}

JobResult EfsDirectories::measure(const Job& job) {
    const std::string file_system = require_string(*job.payload, "FileSystemId");
    if (!exists(file_system)) return finished();
    const os::UniqueFd root = os::open_file(site_.efs_root(), O_RDONLY | O_DIRECTORY);
    std::int64_t size = 0;
    if (os::look_at(root.get(), file_system))
        size = measured(
            os::open_below(root.get(), file_system, O_RDONLY | O_DIRECTORY, 0, os::Mounts::Cross)
                .get(),
            0, site_.jobs.stop_token());
    const Time now = site_.clock.now();
    return again_at(now + site_.settings.seconds("efs.measure_seconds", std::chrono::hours(1)),
                    [file_system, size, now](Transaction& tx) {
                        tx.run("UPDATE efs_file_system SET size = ?2, measured = ?3 WHERE id = ?1",
                               {file_system, size, to_epoch_micros(now)});
                    });
}

JobResult EfsDirectories::remove(const Job& job) {
    const std::string file_system = require_string(*job.payload, "FileSystemId");
    fault::reach("efs.before-remove");
    std::error_code error;
    if (!std::filesystem::is_directory(site_.efs_root(), error)) return finished();
    const os::UniqueFd root = os::open_file(site_.efs_root(), O_RDONLY | O_DIRECTORY);
    std::string problem;
    const mover::Filter everything;
    const mover::Removal removal(
        everything, mover::Effect::Change, [](const std::string&) {},
        [&](const std::string& path, const Error& failure) {
            if (problem.empty()) problem = path + ": " + failure.what();
        });
    if (!removal.remove(root.get(), file_system, file_system, mover::Selection::Take, 0))
        throw Error(ErrorCategory::Unavailable, "DirectoryNotRemoved",
                    "the directory of the deleted file system " + file_system +
                        " could not be removed; first problem: " + problem);
    return finished();
}

}  // namespace lifeboat::local
