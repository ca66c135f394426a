#include "mover/copy_tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/fault.h"
#include "mover/crew.h"
#include "mover/preparation.h"
#include "mover/temporary.h"
#include "mover/transfer.h"
#include "mover/verification.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::mover {
namespace {

// Each level of each branch that is being walked holds two open directories.
constexpr std::uint64_t kOpenFiles = 65536;
// Waiting work keeps the directories above it open; see Pool.
constexpr std::size_t kMostWaiting = 256;
constexpr auto kBetweenProgress = std::chrono::milliseconds(100);

constexpr auto kBetweenCrews = std::chrono::milliseconds(50);
// What counts as much as a file when the crew is judged.
constexpr std::uint64_t kBytesOfWork = 256 * 1024;

unsigned processors() {
    return std::max(1U, std::thread::hardware_concurrency());
}

// To begin with; see Crew.
unsigned worker_count(const Options& options) {
    return options.workers > 0 ? options.workers : std::clamp(2 * processors(), 4U, 64U);
}

std::chrono::nanoseconds read_clock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Keeps other runs away from the same destination, whose unfinished files they would remove. Where
// the file system cannot lock, nothing does.
class DestinationLock {
  public:
    explicit DestinationLock(int directory) : directory_(directory) {
        if (::flock(directory, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            throw Error(ErrorCategory::Unavailable, "DestinationBusy",
                        "another copy to the same destination is running");
    }
    ~DestinationLock() { ::flock(directory_, LOCK_UN); }
    DestinationLock(const DestinationLock&) = delete;
    DestinationLock& operator=(const DestinationLock&) = delete;

  private:
    int directory_;
};

// Less than a fiftieth of the machine's memory can be had. Where nobody tells, there is enough.
bool memory_is_short() {
    std::ifstream file("/proc/meminfo");
    std::uint64_t total = 0, available = 0;
    for (std::string name, unit; total == 0 || available == 0;) {
        std::uint64_t value = 0;
        if (!(file >> name >> value >> unit)) return false;
        if (name == "MemTotal:") total = value;
        if (name == "MemAvailable:") available = value;
    }
    return available < total / 50;
}

class Copy {
  public:
    Copy(const Roots& roots, const Options& options, const Filter& filter,
         const Surroundings& around)
        : roots_(roots),
          around_(around),
          own_bandwidth_(around.clock, options.bytes_per_second),
          pool_(worker_count(options), kMostWaiting, options.workers > 0 ? 0 : Crew::kMost),
          run_{options,   filter,
               counters_, around.bandwidth != nullptr ? *around.bandwidth : own_bandwidth_,
               pool_,     around.stop,
               {},        {}},
          crew_(worker_count(options)),
          started_(around.clock.now()) {}

    void prepare(Failures& failures) {
        Preparation preparation(run_, failures);
        report_.prepare_duration = walk(Phase::Preparing, preparation, failures);
        report_.prepare_status = PhaseStatus::Success;
        counters_.seen = 0;
    }

    Report plan() {
        run_.on_action = around_.on_action;
        Preparation preparation(run_, failures_);
        report_.prepare_duration = walk(Phase::Preparing, preparation, failures_);
        report_.prepare_status = status();
        return finish();
    }

    Report copy() {
        const DestinationLock lock(roots_.destination.get());
        if (around_.estimate == Estimate::Before) {
            // What fails here fails again in the transfer, which is where it counts.
            Failures ignored;
            prepare(ignored);
        } else {
            report_.prepare_status = PhaseStatus::Success;
        }
        run_.on_action = around_.on_action;
        if (!stopped()) transfer();
        if (!stopped() && run_.options.verify_mode == VerifyMode::PointInTimeConsistent) verify();
        if (run_.options.verify_mode == VerifyMode::OnlyFilesTransferred)
            report_.verify_status = report_.transfer_status;
        if (around_.estimate == Estimate::None) {
            counters_.estimated_files = counters_.transferred.load();
            counters_.estimated_bytes = counters_.written.load();
            counters_.estimated_deletions = counters_.deleted.load();
        }
        return finish();
    }

  private:
    bool stopped() const { return around_.stop.stop_requested(); }

    PhaseStatus status() const {
        return failures_.total() == 0 && !stopped() ? PhaseStatus::Success : PhaseStatus::Error;
    }

    void transfer() {
        TemporaryNames names(around_.random);
        Transfer pass(run_, failures_, names, roots_.destination.get());
        const Time began = around_.clock.now();
        walk(Phase::Transferring, pass, failures_);
        if (const Manifest* manifest = run_.filter.manifest(); manifest != nullptr && !stopped())
            manifest->each_missing([&](const std::string& path) {
                failures_.add(path, Phase::Transferring, "NotAtSource",
                              "the manifest names it and the source does not have it");
            });
        fault::reach("mover.before-sync");
        if (run_.options.durability == Durability::Tree && ::syncfs(roots_.destination.get()) != 0)
            failures_.add("", Phase::Transferring,
                          error_from_errno(errno, "write the tree to the disk"));
        report_.transfer_duration = since(began);
        report_.transfer_status = status();
    }

    void verify() {
        const std::uint64_t before = failures_.total();
        Verification pass(run_, failures_);
        report_.verify_duration = walk(Phase::Verifying, pass, failures_);
        report_.verify_status =
            failures_.total() == before && !stopped() ? PhaseStatus::Success : PhaseStatus::Error;
    }

    std::chrono::milliseconds walk(Phase phase, Visitor& visitor, Failures& failures) {
        const Time began = around_.clock.now();
        auto root = std::make_shared<Directory>();
        root->source = os::duplicate(roots_.source.get());
        if (roots_.destination) root->destination = os::duplicate(roots_.destination.get());
        Walk walk(pool_, run_.filter, phase, visitor, failures, around_.stop);
        // Before anything happens, so that a listener can note what there is to do.
        tell(phase);
        walk.start(std::move(root));
        auto told = read_clock(CLOCK_MONOTONIC);
        while (!pool_.wait_for(kBetweenCrews)) {
            if (run_.options.workers == 0) adjust_crew(failures);
            if (const auto now = read_clock(CLOCK_MONOTONIC); now - told >= kBetweenProgress) {
                told = now;
                tell(phase);
            }
        }
        tell(phase);
        return since(began);
    }

    // The processor time of the machine's other programs goes unseen; more workers than can run are
    // taken back when they do not help.
    void adjust_crew(const Failures& failures) {
        const auto now = read_clock(CLOCK_MONOTONIC);
        const auto used = read_clock(CLOCK_PROCESS_CPUTIME_ID);
        const std::uint64_t done =
            counters_.seen + counters_.verified + counters_.moved / kBytesOfWork;
        const std::uint64_t failed = failures.overloads();
        Crew::Sample sample;
        sample.elapsed = now - sampled_;
        sample.processors_used = std::chrono::duration<double>(used - used_).count() /
                                 std::chrono::duration<double>(sample.elapsed).count() /
                                 processors();
        sample.done = done - std::min(done, done_);
        sample.overloads = failed - std::min(failed, failed_);
        sample.memory_is_short = memory_is_short();
        sample.work_waits = pool_.has_waiting();
        if (sampled_.count() != 0) {
            const unsigned before = crew_.workers();
            if (const unsigned wanted = crew_.adjust(sample); wanted != before)
                pool_.set_workers(wanted);
        }
        sampled_ = now;
        used_ = used;
        done_ = done;
        failed_ = failed;
    }

    void tell(Phase phase) const {
        if (!around_.on_progress) return;
        Progress progress;
        progress.phase = phase;
        progress.failures = failures_.total();
        if (phase == Phase::Preparing) {
            progress.files = counters_.seen;
        } else {
            progress.files_total = phase == Phase::Verifying ? counters_.seen.load()
                                                             : counters_.estimated_files.load();
            progress.files = phase == Phase::Verifying ? counters_.verified : counters_.transferred;
            progress.bytes = counters_.moved;
            progress.bytes_total = counters_.estimated_bytes;
            progress.deletions_total = counters_.estimated_deletions;
            progress.is_estimated = around_.estimate != Estimate::None;
        }
        around_.on_progress(progress);
    }

    std::chrono::milliseconds since(Time began) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(around_.clock.now() - began);
    }

    Report finish() {
        report_.files_transferred = counters_.transferred;
        report_.bytes_written = counters_.written;
        report_.bytes_transferred = counters_.data;
        report_.files_skipped = counters_.skipped;
        report_.files_verified = counters_.verified;
        report_.files_deleted = counters_.deleted;
        report_.files_seen = counters_.seen;
        report_.estimated_files_to_transfer = counters_.estimated_files;
        report_.estimated_bytes_to_transfer = counters_.estimated_bytes;
        report_.estimated_files_to_delete = counters_.estimated_deletions;
        report_.failures = failures_.kept();
        report_.failures_total = failures_.total();
        report_.cancelled = stopped();
        report_.total_duration = since(started_);
        return report_;
    }

    const Roots& roots_;
    const Surroundings& around_;
    Counters counters_;
    Failures failures_;
    Bandwidth own_bandwidth_;
    Pool pool_;
    Run run_;
    Crew crew_;
    std::chrono::nanoseconds sampled_{0};
    std::chrono::nanoseconds used_{0};
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    Time started_;
    Report report_;
};

void check_roots(const Roots& roots, const Options& options, const Filter& filter) {
    if (!look(roots.source.get()).is_directory())
        throw Error(ErrorCategory::InvalidInput, "NotADirectory", "the source is not a directory");
    if (filter.manifest() != nullptr &&
        options.preserve_deleted_files == PreserveDeletedFiles::Remove)
        throw Error(ErrorCategory::InvalidInput, "InvalidRequestException",
                    "PreserveDeletedFiles REMOVE cannot be used together with a manifest.");
    if (!roots.destination) return;
    if (os::is_within(roots.destination.get(), roots.source.get()))
        throw Error(ErrorCategory::InvalidInput, "DestinationWithinSource",
                    "the destination is the source or lies within it");
    if (options.preserve_deleted_files == PreserveDeletedFiles::Remove &&
        os::is_within(roots.source.get(), roots.destination.get()))
        throw Error(ErrorCategory::InvalidInput, "SourceWithinDestination",
                    "the source lies within the destination and would be deleted");
}

}  // namespace

os::UniqueFd open_root(const std::filesystem::path& path, MissingRoot missing) {
    if (missing == MissingRoot::Make && ::mkdir(path.c_str(), kUnfinishedDirectory) != 0 &&
        errno != EEXIST)
        throw error_from_errno(errno, "make the directory '" + path.string() + "'");
    return os::open_file(path, O_RDONLY | O_DIRECTORY);
}

Report copy_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings) {
    if (!roots.destination)
        throw Error(ErrorCategory::InvalidInput, "NoDestination", "a copy needs a destination");
    check_roots(roots, options, filter);
    os::raise_open_file_limit(kOpenFiles);
    return Copy(roots, options, filter, surroundings).copy();
}

Report plan_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings) {
    check_roots(roots, options, filter);
    os::raise_open_file_limit(kOpenFiles);
    return Copy(roots, options, filter, surroundings).plan();
}

}  // namespace lifeboat::mover
