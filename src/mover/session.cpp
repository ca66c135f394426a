#include "mover/session.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "os/directory.h"
#include "os/open_files.h"

namespace lifeboat::mover {
namespace {

// Waiting work keeps the directories above it open; see Pool.
constexpr std::size_t kMostWaiting = 256;
// Each level of each branch that is being walked holds two open directories.
constexpr std::uint64_t kOpenFiles = 65536;
constexpr auto kBetweenProgress = std::chrono::milliseconds(100);

constexpr auto kBetweenCrews = std::chrono::milliseconds(50);
// What counts as much as a file when the crew is judged.
constexpr std::uint64_t kBytesOfWork = 256 * 1024;

unsigned processors() {
    return std::max(1U, std::thread::hardware_concurrency());
}

// To begin with; see Crew.
unsigned worker_count(const Options& options) {
    return options.workers > 0 ? options.workers : std::clamp(processors(), Crew::kFewest, 64U);
}

std::chrono::nanoseconds read_clock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

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

}  // namespace

Session::Session(const Options& options, const Filter& filter, const Surroundings& around)
    : around_(around),
      asked_to_stop_(around.stop, [this] { stop_.request_stop(); }),
      own_bandwidth_(around.clock, options.bytes_per_second),
      pool_(worker_count(options), kMostWaiting, options.workers > 0 ? 0 : Crew::kMost),
      run_{options,   filter,
           counters_, around.bandwidth != nullptr ? *around.bandwidth : own_bandwidth_,
           pool_,     stop_.get_token(),
           {},        {}},
      crew_(worker_count(options)),
      started_(around.clock.now()) {
    os::raise_open_file_limit(kOpenFiles);
    failures_.listen(around.on_failure);
}

PhaseStatus Session::status() const {
    return failures_.total() == 0 && !stopped() ? PhaseStatus::Success : PhaseStatus::Error;
}

Report Session::copy(Effect effect, const Passes& passes) {
    if (run_.filter.manifest() != nullptr &&
        run_.options.preserve_deleted_files == PreserveDeletedFiles::Remove)
        throw Error(ErrorCategory::InvalidInput, "InvalidRequestException",
                    "PreserveDeletedFiles REMOVE cannot be used together with a manifest.");
    if (effect == Effect::Look) {
        tell_actions();
        report_.prepare_duration = passes.transfer(Phase::Preparing, Effect::Look, failures_);
        report_.prepare_status = status();
        return finish();
    }
    const bool estimates = around_.estimate == Estimate::Before;
    if (estimates) {
        // What fails here fails again in the transfer, which is where it counts.
        Failures ignored;
        report_.prepare_duration = passes.transfer(Phase::Preparing, Effect::Look, ignored);
        counters_.seen = 0;
    }
    report_.prepare_status = PhaseStatus::Success;
    tell_actions();
    if (!stopped()) {
        report_.transfer_duration = passes.transfer(Phase::Transferring, Effect::Change, failures_);
        add_missing();
        report_.transfer_status = status();
    }
    check(passes);
    if (!estimates) counters_.estimate_is_what_was_done();
    return finish();
}

void Session::check(const Passes& passes) {
    const VerifyMode mode = run_.options.verify_mode;
    if (mode == VerifyMode::OnlyFilesTransferred) report_.verify_status = report_.transfer_status;
    if (mode != VerifyMode::PointInTimeConsistent || stopped()) return;
    const std::uint64_t before = failures_.total();
    report_.verify_duration = passes.check(failures_);
    report_.verify_status =
        failures_.total() == before && !stopped() ? PhaseStatus::Success : PhaseStatus::Error;
}

std::chrono::milliseconds Session::pass(Phase phase, const Failures& failures,
                                        const std::function<void()>& start) {
    const Time began = around_.clock.now();
    // Before anything happens, so that a listener can note what there is to do.
    tell(phase);
    start();
    try {
        wait(phase, failures);
    } catch (...) {
        // The caller takes away what the workers use.
        stop_.request_stop();
        finish_work();
        throw;
    }
    tell(phase);
    return since(began);
}

void Session::wait(Phase phase, const Failures& failures) {
    auto told = read_clock(CLOCK_MONOTONIC);
    while (!pool_.wait_for(kBetweenCrews)) {
        if (run_.options.workers == 0) adjust_crew(failures);
        if (const auto now = read_clock(CLOCK_MONOTONIC); now - told >= kBetweenProgress) {
            told = now;
            tell(phase);
        }
    }
}

void Session::finish_work() noexcept {
    try {
        while (!pool_.wait_for(kBetweenProgress)) {
        }
    } catch (...) {
        // What ended the run was first.
    }
}

// The processor time of the machine's other programs goes unseen; more workers than can run are
// taken back when they do not help.
void Session::adjust_crew(const Failures& failures) {
    const auto now = read_clock(CLOCK_MONOTONIC);
    const auto used = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    const std::uint64_t done = counters_.seen + counters_.verified + counters_.moved / kBytesOfWork;
    const std::uint64_t failed = failures.overloads();
    Crew::Sample sample;
    sample.elapsed = now - sampled_;
    sample.processors_used = std::chrono::duration<double>(used - used_).count() /
                             std::chrono::duration<double>(sample.elapsed).count() / processors();
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

void Session::tell(Phase phase) const {
    if (!around_.on_progress) return;
    Progress progress;
    progress.phase = phase;
    progress.failures = failures_.total();
    if (phase == Phase::Preparing) {
        progress.files = counters_.seen;
    } else {
        progress.files_total =
            phase == Phase::Verifying ? counters_.seen.load() : counters_.estimated_files.load();
        progress.files = phase == Phase::Verifying ? counters_.verified : counters_.transferred;
        progress.bytes = counters_.moved;
        progress.bytes_total = counters_.estimated_bytes;
        progress.deletions_total = counters_.estimated_deletions;
        progress.is_estimated = around_.estimate != Estimate::None;
    }
    around_.on_progress(progress);
}

std::chrono::milliseconds Session::since(Time began) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(around_.clock.now() - began);
}

void Session::add_missing() {
    const Manifest* manifest = run_.filter.manifest();
    if (manifest == nullptr || stopped()) return;
    manifest->each_missing([&](const std::string& path) {
        failures_.add(path, Phase::Transferring, "NotAtSource",
                      "the manifest names it and the source does not have it");
    });
}

Report Session::finish() {
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

}  // namespace lifeboat::mover
