#include "local/datasync/runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "bucket/copy_bucket.h"
#include "local/datasync/manifest_config.h"
#include "local/datasync/task_report.h"
#include "mover/filter.h"
#include "mover/options.h"

namespace lifeboat::local::datasync {
namespace {

constexpr std::size_t kMostNamedFailures = 5;

// What was there to do, as the first try found it.
constexpr const char* kFirstEstimate = "FirstEstimate";
// Beside the estimate, when a task report was asked for.
constexpr const char* kReportResult = "ReportResult";

Json estimate_of(const mover::Progress& progress) {
    return {{"Files", progress.files_total},
            {"Bytes", progress.bytes_total},
            {"Deletions", progress.deletions_total}};
}

Json write_report(TaskReport& report, const mover::Report& done, const Location& source,
                  const Location& destination, const Json& document) {
    Json summary = to_json(done);
    summary.erase("Failures");
    summary["SourceLocation"] = {{"LocationArn", source.arn}, {"LocationUri", source.uri}};
    summary["DestinationLocation"] = {{"LocationArn", destination.arn},
                                      {"LocationUri", destination.uri}};
    for (const char* member : {"Options", "Includes", "Excludes", "ManifestConfig", "StartTime"})
        if (const Json* value = find(document, member)) summary[member] = *value;
    return report.finish(std::move(summary));
}

// How much of `member` earlier tries have done.
std::int64_t done_before(const Json& first, const Json& now, const char* member) {
    return std::max<std::int64_t>(0, integer_or(first, member, 0) - integer_or(now, member, 0));
}

std::string summary(const mover::Report& report) {
    std::string text = std::to_string(report.failures_total) +
                       (report.failures_total == 1 ? " file" : " files") +
                       " could not be made equal to the source: ";
    for (std::size_t i = 0; i < report.failures.size() && i < kMostNamedFailures; ++i) {
        const mover::Failure& failure = report.failures[i];
        text += (i == 0 ? "" : "; ") + failure.path + " (" + failure.code + ": " + failure.message +
                ")";
    }
    if (report.failures_total > kMostNamedFailures) text += "; and more";
    return text;
}

}  // namespace

// Lists a copy as running for as long as it lives.
class Runner::Registration {
  public:
    Registration(Runner& runner, std::string execution, Handle& handle)
        : runner_(runner), execution_(std::move(execution)) {
        const std::scoped_lock lock(runner_.mutex_);
        runner_.running_[execution_] = &handle;
    }
    ~Registration() {
        const std::scoped_lock lock(runner_.mutex_);
        runner_.running_.erase(execution_);
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

  private:
    Runner& runner_;
    std::string execution_;
};

void Runner::prepare(Executions& executions) {
    executions_ = &executions;
    JobPolicy policy;
    policy.concurrency = static_cast<int>(site_.settings.integer("datasync.concurrency", 4));
    site_.jobs.handle(
        std::string(kRunJob), [this](const Job& job) { return run(job); }, policy);
}

void Runner::cancel(const std::string& execution) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = running_.find(execution); found != running_.end())
        found->second->stop.request_stop();
}

void Runner::set_rate(const std::string& execution, std::int64_t bytes_per_second) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = running_.find(execution); found != running_.end())
        found->second->bandwidth->set(bytes_per_second);
}

JobResult Runner::run(const Job& job) {
    Handle handle;
    handle.bandwidth = std::make_shared<mover::Bandwidth>(site_.clock, -1);
    const Registration registration(*this, job.key, handle);
    // Read only now that cancel and set_rate reach us, so that neither is missed.
    const auto execution =
        site_.database.read([&](Transaction& tx) { return executions_->load(tx, job.key); });
    if (!execution || execution->ended()) return finished();
    if (execution->cancelled)
        return fail(*execution, "Cancelled", "The task execution was cancelled.");
    const std::stop_callback stopping(site_.jobs.stop_token(), [&] { handle.stop.request_stop(); });
    site_.database.write([&](Transaction& tx) {
        executions_->update(tx, execution->arn, "LAUNCHING", [&](Json& document) {
            document["LaunchTime"] = to_epoch_seconds(site_.clock.now());
        });
    });
    fault::reach("datasync.launched");
    Json estimate = Json::object();
    std::optional<mover::Report> report;
    try {
        report = copy(*execution, handle, estimate);
    } catch (const Error& error) {
        // Locations may be busy for a moment; anything else does not mend itself.
        if (error.code() == "DestinationBusy") throw;
        return fail(*execution, error.code(), error.message());
    }
    fault::reach("datasync.copied");
    return end(*execution, *report, estimate);
}

mover::Report Runner::copy(const Execution& execution, Handle& handle, Json& estimate) {
    const Json& document = *execution.document;
    mover::Options options = mover::options_from_datasync(require(document, "Options"));
    mover::keep_owner_if_not_root(options);
    options.workers = static_cast<unsigned>(site_.settings.integer("datasync.workers", 0));
    handle.bandwidth->set(options.bytes_per_second);
    const mover::Filter filter(filter_value(document, "Includes"),
                               filter_value(document, "Excludes"),
                               load_manifest(site_.cloud, document));
    const auto [source, destination] = site_.database.read([&](Transaction& tx) {
        const Task task = tasks_.require_task(tx, execution.task);
        return std::make_pair(locations_.require_location(tx, task.source),
                              locations_.require_location(tx, task.destination));
    });
    mover::Surroundings around{site_.clock, site_.random};
    around.stop = handle.stop.get_token();
    around.bandwidth = handle.bandwidth.get();
    std::optional<mover::Phase> phase;
    Time noted;
    around.on_progress = [&](const mover::Progress& progress) {
        const Time now = site_.clock.now();
        if (phase == progress.phase && now < noted + std::chrono::seconds(1)) return;
        phase = progress.phase;
        noted = now;
        note(execution.arn, progress, estimate);
    };
    std::optional<TaskReport> task_report;
    if (wants_report(document))
        task_report.emplace(site_.cloud, site_.clock, document["TaskReportConfig"], execution.arn);
    const bool logs = options.log_level == mover::LogLevel::Transfer;
    if (logs || task_report)
        around.on_action = [&](const mover::Action& action) {
            if (task_report) task_report->add(action);
            if (logs)
                log::info("datasync transfer", {{"execution", execution.arn},
                                                {"action", std::string(to_string(action.kind))},
                                                {"path", action.path},
                                                {"reason", action.reason}});
        };
    if (task_report)
        around.on_failure = [&](const mover::Failure& failure) { task_report->add(failure); };
    mover::Report report = copy_between(source, destination, options, filter, around);
    if (options.log_level != mover::LogLevel::Off)
        for (const mover::Failure& failure : report.failures)
            log::warning("datasync could not make a file equal", {{"execution", execution.arn},
                                                                  {"path", failure.path},
                                                                  {"code", failure.code},
                                                                  {"message", failure.message}});
    if (task_report)
        estimate[kReportResult] = write_report(*task_report, report, source, destination, document);
    return report;
}

mover::Report Runner::copy_between(const Location& source, const Location& destination,
                                   const mover::Options& options, const mover::Filter& filter,
                                   const mover::Surroundings& around) {
    using Kind = Location::Kind;
    const auto place = [](const Location& location) {
        return bucket::Place{location.root, location.path, location.storage_class};
    };
    if (destination.kind == Kind::S3)
        return bucket::copy_to_bucket(locations_.open(source), site_.cloud, place(destination),
                                      options, filter, around, mover::Effect::Change);
    if (source.kind == Kind::S3)
        return bucket::copy_from_bucket(site_.cloud, place(source), locations_.open(destination),
                                        options, filter, around, mover::Effect::Change);
    const mover::Roots roots{locations_.open(source), locations_.open(destination)};
    return mover::copy_tree(roots, options, filter, around);
}

void Runner::note(const std::string& execution, const mover::Progress& progress, Json& estimate) {
    site_.database.write([&](Transaction& tx) {
        executions_->update(
            tx, execution, std::string(to_string(progress.phase)), [&](Json& document) {
                if (progress.phase == mover::Phase::Preparing) return;
                if (progress.phase == mover::Phase::Transferring && estimate.empty()) {
                    estimate = estimate_of(progress);
                    if (!document.contains(kFirstEstimate)) document[kFirstEstimate] = estimate;
                    const Json& first = document[kFirstEstimate];
                    document["EstimatedFilesToTransfer"] = first["Files"];
                    document["EstimatedBytesToTransfer"] = first["Bytes"];
                    document["EstimatedFilesToDelete"] = first["Deletions"];
                }
                const Json& first = document[kFirstEstimate];
                if (progress.phase == mover::Phase::Verifying) {
                    document["FilesVerified"] = progress.files;
                } else {
                    document["FilesTransferred"] = done_before(first, estimate, "Files") +
                                                   static_cast<std::int64_t>(progress.files);
                    document["BytesTransferred"] = done_before(first, estimate, "Bytes") +
                                                   static_cast<std::int64_t>(progress.bytes);
                }
            });
    });
    fault::reach("datasync.noted");
}

JobResult Runner::end(const Execution& execution, const mover::Report& report,
                      const Json& estimate) {
    if (report.cancelled) {
        const bool asked = site_.database.read([&](Transaction& tx) {
            const auto now = executions_->load(tx, execution.arn);
            return !now || now->cancelled;
        });
        if (!asked)
            throw Error(ErrorCategory::Cancelled, "Cancelled", "the local cloud is stopping");
    }
    return finished([this, arn = execution.arn, report, estimate](Transaction& tx) {
        const std::string status = report.success() ? "SUCCESS" : "ERROR";
        executions_->update(tx, arn, status, [&](Json& document) {
            const Json done = to_json(report);
            const Json first = document.value(kFirstEstimate, Json::object());
            document.erase(kFirstEstimate);
            for (const char* counter : {"FilesSkipped", "FilesVerified"})
                document[counter] = done[counter];
            const auto total = [&](const char* counter, const char* member) {
                document[counter] =
                    done[counter].get<std::int64_t>() + done_before(first, estimate, member);
            };
            total("FilesTransferred", "Files");
            total("BytesWritten", "Bytes");
            total("BytesTransferred", "Bytes");
            total("BytesCompressed", "Bytes");
            total("FilesDeleted", "Deletions");
            document["Result"] = done["Result"];
            document["EndTime"] = to_epoch_seconds(site_.clock.now());
            if (const Json* result = find(estimate, kReportResult))
                document["ReportResult"] = *result;
            if (report.success()) return;
            Json& result = document["Result"];
            if (report.cancelled) {
                result["ErrorCode"] = "Cancelled";
                result["ErrorDetail"] = "The task execution was cancelled.";
            } else {
                result["ErrorCode"] = report.transfer_status == mover::PhaseStatus::Error
                                          ? "FilesNotTransferred"
                                          : "VerificationFailed";
                result["ErrorDetail"] = summary(report);
            }
        });
    });
}

JobResult Runner::fail(const Execution& execution, const std::string& code,
                       const std::string& detail) {
    return finished([this, arn = execution.arn, code, detail](Transaction& tx) {
        executions_->update(tx, arn, "ERROR", [&](Json& document) {
            document.erase(kFirstEstimate);
            document["Result"]["PrepareStatus"] = "ERROR";
            document["Result"]["ErrorCode"] = code;
            document["Result"]["ErrorDetail"] = detail;
            document["EndTime"] = to_epoch_seconds(site_.clock.now());
        });
    });
}

}  // namespace lifeboat::local::datasync
