// Task reports: what an execution did, as JSON objects in a bucket.
//
// Below the Subdirectory: "Summary-Reports/<task>/<execution>/<execution>.json", and for OutputType
// STANDARD "Detailed-Reports/<task>/<execution>/<execution>.files-transferred-v1-00001.json" and
// the like for skipped, verified and deleted files, kEntriesInObject entries in each. Nothing is
// gathered but one such part. What a killed execution did before it went on is in no report.
// Source: DataSync user guide, "Monitoring your data transfers with task reports".
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "cloud/cloud.h"
#include "mover/run.h"

namespace lifeboat::local::datasync {

// Refuses what is no TaskReportConfig. An empty object asks for no report.
void check_report_config(const Json& config);
bool wants_report(const Json& settings);

class TaskReport {
  public:
    static constexpr std::size_t kEntriesInObject = 10000;

    // `config` must have passed check_report_config. Calls S3: not from within a transaction.
    TaskReport(cloud::Cloud& cloud, const Clock& clock, const Json& config,
               const std::string& execution);

    // Each thing done, and each that could not be; thread-safe.
    void add(const mover::Action& action);
    void add(const mover::Failure& failure);
    // Writes what is left and the summary. The ReportResult for DescribeTaskExecution: SUCCESS, or
    // ERROR when an object could not be written (a failed part does not stop the copy).
    Json finish(Json summary);

  private:
    enum Section { kTransferred, kSkipped, kVerified, kDeleted, kSections };
    struct Part {
        bool successes = false;  // wanted, too
        std::string entries;     // JSON, with commas between
        std::size_t count = 0;
        int number = 0;
    };
    void add(Section section, const Json& entry);
    void write_part(Section section);
    void put(const std::string& key, const std::string& text);

    cloud::Cloud& cloud_;
    const Clock& clock_;
    std::string bucket_;
    std::string prefix_;
    std::string execution_;  // exec-...
    std::string task_;       // task-...
    bool detailed_ = false;
    std::mutex mutex_;  // of what follows
    std::array<Part, kSections> parts_;
    // Why an object could not be written; nothing is written after that.
    std::string error_code_;
    std::string error_detail_;
};

}  // namespace lifeboat::local::datasync
