// Map runs of the local cloud: the child executions of a distributed Map, started as far as its
// concurrency allows, counted as they end.
//
// A run is a row, each of its children one more; a keyed job looks at them whenever something
// happened. Children are executions like any other, listed by `mapRunArn`.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flow/machine.h"
#include "flow/outside.h"
#include "local/jobs.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::states {

class Executions;
class Machines;
struct ExecutionRow;
struct RunRow;

class MapRuns {
  public:
    // All must outlive it.
    MapRuns(Site& site, Machines& machines, Executions& executions)
        : site_(site), machines_(machines), executions_(executions) {}

    std::vector<Operation> operations();
    void prepare();

    std::optional<flow::MapRunState> state(const std::string& arn);
    // As flow::Outside::map_run_children().
    std::vector<flow::ChildResult> children(const std::string& arn, std::size_t from) const;
    // Durable on return; nothing happens when the run exists.
    void start(const flow::MapRunPlan& plan);
    // Runs the children again that did not succeed; nothing happens when that was done already.
    void redrive(const std::string& arn, std::int64_t count);
    // Ends a run and its children; nothing happens when it has ended.
    void abort(Transaction& tx, const std::string& arn);
    // An execution has ended: as somebody's child it is counted, as somebody's parent its runs end.
    void note_end(Transaction& tx, const ExecutionRow& row);
    // The map run an execution belongs to.
    static std::optional<std::string> run_of(Transaction& tx, const std::string& execution);
    // Whether it is a child that its run will take up again.
    static bool awaits_redrive(Transaction& tx, const std::string& execution);
    // What an execution runs: its revision's machine, or for a child the processor of the Map.
    std::shared_ptr<const flow::Machine> machine_of(const ExecutionRow& row);
    // ListExecutions with `mapRunArn`.
    Json list_children(Transaction& tx, const Json& request) const;

  private:
    struct Child {
        std::int64_t place = 0;
        std::string input;
        std::optional<std::string> execution;  // its ARN; it ran before
    };

    JobResult drive(const Job& job);
    void run_child(Transaction& tx, const RunRow& run, Child child);
    Json describe(Transaction& tx, const Json& request) const;
    Json list(Transaction& tx, const Json& request) const;
    Json update(Transaction& tx, const Json& request);
    void wake(Transaction& tx, const std::string& arn);

    Site& site_;
    Machines& machines_;
    Executions& executions_;
    std::mutex mutex_;
    // By revision and processor.
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const flow::Machine>> processors_;
};

}  // namespace lifeboat::local::states
