// What a run did, and every file it could not make equal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"

namespace lifeboat::mover {

enum class Phase { Preparing, Transferring, Verifying, Done };
std::string_view to_string(Phase phase);  // "PREPARING", ...

// Pending: the run ended before the phase began.
enum class PhaseStatus { Pending, Success, Error };

// A file that is not at the destination as the options ask.
struct Failure {
    std::string path;  // relative to the roots, bytes as they are; "." is the root
    Phase phase = Phase::Preparing;
    std::string code;     // ENOSPC, EACCES, ChangedWhileRead, ...
    std::string message;  // what was tried and why it failed
};

// Gathers failures from all workers: the first kMostKept whole, the rest as a number. A path counts
// once (as long as kMostRemembered paths can be told apart). Thread-safe.
class Failures {
  public:
    static constexpr std::size_t kMostKept = 1000;
    static constexpr std::size_t kMostRemembered = 1000000;

    // Before the first add(): `listener` hears of each failure as it is added, one at a time. It
    // must not add any.
    void listen(std::function<void(const Failure&)> listener) { listener_ = std::move(listener); }

    void add(std::string path, Phase phase, const Error& error);
    void add(std::string path, Phase phase, std::string code, std::string message);
    std::uint64_t total() const;
    // How often it was the file system that could not (an error of input or output, no memory, too
    // many open files), and not a single file that was refused.
    std::uint64_t overloads() const;
    std::vector<Failure> kept() const;

  private:
    mutable std::mutex mutex_;
    std::uint64_t total_ = 0;
    std::uint64_t overloads_ = 0;
    std::vector<Failure> kept_;
    std::unordered_set<std::size_t> seen_;
    std::function<void(const Failure&)> listener_;
};

struct Report {
    // As DataSync counts in basic mode: files, links and directories together. Changed metadata
    // alone counts too.
    std::uint64_t files_transferred = 0;
    std::uint64_t bytes_written = 0;      // logical sizes, holes included
    std::uint64_t bytes_transferred = 0;  // data read from the source
    std::uint64_t files_skipped = 0;  // kept by OverwriteMode, devices and the like not asked for
    std::uint64_t files_verified = 0;
    std::uint64_t files_deleted = 0;
    std::uint64_t estimated_files_to_transfer = 0;
    std::uint64_t estimated_bytes_to_transfer = 0;
    std::uint64_t estimated_files_to_delete = 0;
    std::uint64_t files_seen = 0;  // everything selected at the source

    std::chrono::milliseconds prepare_duration{0};
    std::chrono::milliseconds transfer_duration{0};
    std::chrono::milliseconds verify_duration{0};
    std::chrono::milliseconds total_duration{0};
    PhaseStatus prepare_status = PhaseStatus::Pending;
    PhaseStatus transfer_status = PhaseStatus::Pending;
    PhaseStatus verify_status = PhaseStatus::Pending;

    bool cancelled = false;
    std::vector<Failure> failures;     // at most Failures::kMostKept
    std::uint64_t failures_total = 0;  // all of them

    // Everything the options asked for is so.
    bool success() const { return !cancelled && failures_total == 0; }
};

// DataSync's names: FilesTransferred, ..., Result{PrepareDuration, ...}; Lifeboat adds FilesSeen,
// FilesFailed and Failures[{Path, Phase, Code, Message}].
Json to_json(const Report& report);

}  // namespace lifeboat::mover
