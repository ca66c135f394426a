// Executions of tasks: their records. The copying itself is in runner.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "local/datasync/locations.h"
#include "local/datasync/tasks.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::datasync {

// The kind of the job that runs an execution; its key is the execution's ARN.
inline constexpr std::string_view kRunJob = "datasync.run";

struct Execution {
    std::string arn;
    std::string task;
    std::string status;
    bool cancelled = false;  // somebody asked for its end
    // DescribeTaskExecution's members but the ARN and the status.
    std::shared_ptr<const Json> document;
    bool ended() const { return status == "SUCCESS" || status == "ERROR"; }
};

// Reaches a copy that is running in this process; does nothing for any other. Thread-safe.
class RunningCopies {
  public:
    virtual ~RunningCopies() = default;
    virtual void cancel(const std::string& execution) = 0;
    virtual void set_rate(const std::string& execution, std::int64_t bytes_per_second) = 0;
};

class Executions {
  public:
    Executions(Site& site, Locations& locations, Tasks& tasks, RunningCopies& copies)
        : site_(site), locations_(locations), tasks_(tasks), copies_(copies) {}

    Json start(Transaction& tx, const Json& request);
    // Schedules::Start.
    void start_scheduled(Transaction& tx, const std::string& arn, const Json& schedule);
    Json describe(Transaction& tx, const Json& request) const;
    Json list(Transaction& tx, const Json& request) const;
    Json cancel(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);

    std::optional<Execution> load(Transaction& tx, const std::string& arn) const;
    Execution require_execution(Transaction& tx, const std::string& arn) const;
    // Sets the status (unless the execution has ended meanwhile) and lets `change` edit the
    // document; a new status is an event on the bus. An execution that is being cancelled stays
    // CANCELLING until it ends.
    void update(Transaction& tx, const std::string& arn, const std::string& status,
                const std::function<void(Json& document)>& change);

  private:
    Site& site_;
    Locations& locations_;
    Tasks& tasks_;
    RunningCopies& copies_;
};

}  // namespace lifeboat::local::datasync
