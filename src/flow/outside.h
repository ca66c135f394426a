// What an execution waits for that is no answer to a call: somebody who holds a task token, and the
// child executions of a distributed Map. Whoever hosts the engine provides both.
//
// Tokens and map runs are named in the history before they exist outside. So the host learns of a
// token from the record that carries it ("TaskScheduled", "ActivityScheduled": `beside.token`) in
// the transaction that stores it, and `start_map_run` may be called again after a crash. What a
// failed branch leaves behind it learns of in the same way: `beside.released` of "BranchFailed" and
// "MapIterationFailed" lists the tokens, child executions and map runs that are to be ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/value.h"

namespace lifeboat::flow {

// What became of a token.
struct Callback {
    std::optional<std::string> worker;  // took an activity's task; the name may be empty
    std::optional<Time> beat;           // last sign of life: taken, or SendTaskHeartbeat
    Value output;                       // SendTaskSuccess; null: not yet
    std::optional<std::string> error, cause;
    bool failed = false;  // SendTaskFailure
};

struct MapRunPlan {
    std::string arn;            // of the map run
    std::string execution_arn;  // of the execution whose state it is
    std::string machine_name;   // of the children: "machine/Label"
    std::string processor;      // DistributedMap::place, where the children's states are found
    std::vector<Value> inputs;  // one per child
    std::int64_t concurrency = 0;
    std::int64_t items = 0;  // before batching
    std::optional<std::int64_t> tolerated_count;
    std::optional<double> tolerated_percentage;
    bool express = false;   // the children are EXPRESS executions
    bool exported = false;  // a ResultWriter takes the results
};

struct ChildResult {
    std::string arn, name, status;      // "SUCCEEDED"; "PENDING": never started
    std::string input;                  // JSON text
    std::optional<std::string> output;  // the same; none unless it succeeded
    std::optional<std::string> error, cause;
    std::optional<Time> started, stopped;
};

struct MapRunState {
    enum class Status { Running, Succeeded, Failed, Aborted };
    Status status = Status::Running;
    std::int64_t redrives = 0;
};

// Whether so many failed children end a map run. Without any tolerance the first one does.
bool threshold_exceeded(std::int64_t failed, std::int64_t total,
                        std::optional<std::int64_t> tolerated_count,
                        std::optional<double> tolerated_percentage);

class Outside {
  public:
    virtual ~Outside() = default;

    // nullopt: the token is not known (any more).
    virtual std::optional<Callback> callback(const std::string& token) = 0;
    // nullopt: not started.
    virtual std::optional<MapRunState> map_run(const std::string& arn) = 0;
    // The children of a map run that has ended, in the order of its inputs: some, from the `from`th
    // on, as many as can be held at a time; none when there are no more.
    virtual std::vector<ChildResult> map_run_children(const std::string& arn, std::size_t from) = 0;
    // Durable on return. A map run that exists stays as it is.
    virtual void start_map_run(const MapRunPlan& plan) = 0;
    // Runs the children again that did not succeed, as the `count`th redrive. Durable on return;
    // nothing happens when it was done.
    virtual void redrive_map_run(const std::string& arn, std::int64_t count) = 0;
};

}  // namespace lifeboat::flow
