// Executions of the local cloud: rows, history, the operations on them, and the job that advances
// them.
//
// An execution is its history (flow/execution.h). A row beside it answers descriptions without
// reading the history. Whoever adds records states which record they follow; an execution that was
// changed in the meantime (StopExecution) refuses them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json_fwd.h"
#include "flow/engine.h"
#include "flow/execution.h"
#include "local/jobs.h"
#include "local/service.h"
#include "local/site.h"
#include "local/states/execution_row.h"
#include "local/states/machines.h"
#include "local/states/map_runs.h"
#include "local/states/sleeper.h"
#include "local/states/tasks.h"

namespace lifeboat::local::states {

inline constexpr std::string_view kAdvanceJob = "states.advance";  // keyed by execution ARN

inline constexpr std::int64_t kLongestExpress = 300;  // seconds
// The input a request starts an execution with. Throws Error{InvalidInput,
// "InvalidExecutionInput"}.
std::string execution_input(const Json& request);

class Executions final : public flow::Outside {
  public:
    // Both must outlive it.
    Executions(Site& site, Machines& machines)
        : site_(site),
          machines_(machines),
          tasks_(site),
          map_runs_(site, machines, *this),
          sleeper_(site.clock) {}

    std::vector<Operation> operations();
    // Registers the job.
    void prepare();
    // Ends long polls and the waits of StartSyncExecution.
    void stop_waiting() {
        tasks_.stop();
        sleeper_.stop();
    }

    // Starts an execution whose arn, machine_arn, name, revision and input are given.
    void begin(Transaction& tx, ExecutionRow row, const std::string& role_arn);
    // Ends a running execution from outside; nothing happens when it has ended.
    void abort(Transaction& tx, const std::string& arn, const Json& error_details);

    std::optional<flow::Callback> callback(const std::string& token) override;
    std::optional<flow::MapRunState> map_run(const std::string& arn) override;
    std::vector<flow::ChildResult> map_run_children(const std::string& arn,
                                                    std::size_t from) override;
    void start_map_run(const flow::MapRunPlan& plan) override;
    void redrive_map_run(const std::string& arn, std::int64_t count) override;

    // Takes an execution up again that ended badly. Its row must be one that may be.
    void resume(Transaction& tx, const ExecutionRow& row, const std::optional<std::string>& token);

  private:
    Json start(Transaction& tx, const Json& request);
    Json start_sync(const Json& request);
    Json stop(Transaction& tx, const Json& request);
    Json redrive(Transaction& tx, const Json& request);
    // Why the execution cannot be redriven; empty when it can.
    std::string redrive_obstacle(Transaction& tx, const ExecutionRow& row) const;
    Json describe(Transaction& tx, const Json& request) const;
    Json list(Transaction& tx, const Json& request) const;
    Json history(Transaction& tx, const Json& request) const;
    Json describe_machine(Transaction& tx, const Json& request) const;

    JobResult advance(const Job& job);
    // The clock was set back: has all that runs looked at.
    void follow_clock_back(Transaction& tx);
    std::unique_ptr<flow::Execution> load(const ExecutionRow& row);
    std::unique_ptr<flow::Execution> take_cached(const ExecutionRow& row);
    void keep_cached(std::unique_ptr<flow::Execution> execution);

    ExecutionRow require(Transaction& tx, const Json& request) const;
    // Stores records and what the execution is after them. Throws Error{Cancelled,
    // "ExecutionChanged"} when they do not follow the last stored record.
    void append(Transaction& tx, ExecutionRow row, const std::vector<flow::HistoryRecord>& records);
    // What a failed branch, or an execution that ended, waited for is of no use any more.
    void release(Transaction& tx, const flow::HistoryRecord& record);
    // Sends "Step Functions Execution Status Change".
    void publish_status(Transaction& tx, const ExecutionRow& row);

    Site& site_;
    Machines& machines_;
    Tasks tasks_;
    MapRuns map_runs_;
    Sleeper sleeper_;
    // Waiting executions that are likely to go on soon; any of them can be rebuilt.
    std::mutex mutex_;
    std::unordered_map<std::string, std::unique_ptr<flow::Execution>> cached_;
    std::size_t cached_bytes_ = 0;  // of what these hold
};

}  // namespace lifeboat::local::states
