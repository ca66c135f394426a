#include "mover/report.h"

#include <functional>

#include "base/json.h"

namespace lifeboat::mover {
namespace {

std::string_view to_string(PhaseStatus status) {
    switch (status) {
        case PhaseStatus::Pending:
            return "PENDING";
        case PhaseStatus::Success:
            return "SUCCESS";
        case PhaseStatus::Error:
            return "ERROR";
    }
    return "PENDING";
}

}  // namespace

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::Preparing:
            return "PREPARING";
        case Phase::Transferring:
            return "TRANSFERRING";
        case Phase::Verifying:
            return "VERIFYING";
        case Phase::Done:
            return "DONE";
    }
    return "DONE";
}

void Failures::add(std::string path, Phase phase, const Error& error) {
    // Error codes in capitals are the system's; what changed while it was read is no sign of load.
    if (is_retryable(error) && error.code().starts_with('E')) {
        const std::scoped_lock lock(mutex_);
        ++overloads_;
    }
    add(std::move(path), phase, error.code(), error.message());
}

void Failures::add(std::string path, Phase phase, std::string code, std::string message) {
    if (path.empty()) path = ".";
    const std::scoped_lock lock(mutex_);
    const std::size_t hash = std::hash<std::string>()(path);
    if (seen_.contains(hash)) return;
    if (seen_.size() < kMostRemembered) seen_.insert(hash);
    ++total_;
    Failure failure{std::move(path), phase, std::move(code), std::move(message)};
    if (listener_) listener_(failure);
    if (kept_.size() < kMostKept) kept_.push_back(std::move(failure));
}

std::uint64_t Failures::total() const {
    const std::scoped_lock lock(mutex_);
    return total_;
}

std::uint64_t Failures::overloads() const {
    const std::scoped_lock lock(mutex_);
    return overloads_;
}

std::vector<Failure> Failures::kept() const {
    const std::scoped_lock lock(mutex_);
    return kept_;
}

Json to_json(const Report& report) {
    Json failures = Json::array();
    for (const Failure& failure : report.failures)
        failures.push_back({{"Path", failure.path},
                            {"Phase", to_string(failure.phase)},
                            {"Code", failure.code},
                            {"Message", failure.message}});
    return {{"Status", report.success() ? "SUCCESS" : "ERROR"},
            {"Cancelled", report.cancelled},
            {"FilesTransferred", report.files_transferred},
            {"BytesWritten", report.bytes_written},
            {"BytesTransferred", report.bytes_transferred},
            {"BytesCompressed", report.bytes_transferred},
            {"FilesSkipped", report.files_skipped},
            {"FilesVerified", report.files_verified},
            {"FilesDeleted", report.files_deleted},
            {"FilesSeen", report.files_seen},
            {"FilesFailed", report.failures_total},
            {"EstimatedFilesToTransfer", report.estimated_files_to_transfer},
            {"EstimatedBytesToTransfer", report.estimated_bytes_to_transfer},
            {"EstimatedFilesToDelete", report.estimated_files_to_delete},
            {"Failures", std::move(failures)},
            {"Result",
             {{"PrepareDuration", report.prepare_duration.count()},
              {"PrepareStatus", to_string(report.prepare_status)},
              {"TransferDuration", report.transfer_duration.count()},
              {"TransferStatus", to_string(report.transfer_status)},
              {"VerifyDuration", report.verify_duration.count()},
              {"VerifyStatus", to_string(report.verify_status)},
              {"TotalDuration", report.total_duration.count()}}}};
}

}  // namespace lifeboat::mover
