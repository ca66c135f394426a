// An execution as a value that follows from its history.
//
// It consists of lanes: the machine itself is lane 0, every branch of a running Parallel and every
// iteration of a running Map is one more. A lane is in one state at a time. `apply` is the only
// thing that changes an execution; applying the stored records in order, on a fresh Execution,
// rebuilds it exactly. The interpreter (flow/interpreter.h) decides what is recorded next.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/history.h"
#include "flow/machine.h"
#include "flow/scope.h"
#include "flow/value.h"

namespace lifeboat::flow {

enum class Phase {
    Ready,      // about to enter `state`
    Entered,    // in `state`, its work not begun
    Scheduled,  // a task is recorded, not yet started
    Started,    // the task's call may have been made, its outcome is not recorded
    Submitted,  // what the task started is running; its end is not recorded
    Fanned,     // branches or iterations are running
    Mapping,    // a distributed Map has begun, its map run has no name yet
    MapRun,     // the map run `map_run` is to be started or is running
    Worked,     // the work's result is there
    Failed,     // the work failed with `error`
    Retrying,   // the work begins again at `due`
    Waiting,    // a Wait that ends at `due`
    Redriving,  // the map run `map_run` is to be redriven
    Done,       // the lane has ended with `result`
};

enum class ExecutionStatus { Running, Succeeded, Failed, TimedOut, Aborted };
std::string_view to_string(ExecutionStatus status);  // "RUNNING"

// How something ended badly. A Fail state need not name an error.
struct Failure {
    std::optional<std::string> error;
    std::optional<std::string> cause;
};

// Bytes of data, as text, that one lane holds by itself.
struct Held {
    std::size_t input = 0;      // of its state; after its end, its result
    std::size_t item = 0;       // of an iteration
    std::size_t work = 0;       // what its state works on: parameters, items, the branches' input
    std::size_t result = 0;     // of the work, or what branches and iterations have brought so far
    std::size_t variables = 0;  // its own

    // With what a lane takes besides.
    std::size_t total() const;
};

struct Lane {
    int id = 0;
    int parent = -1;
    int index = 0;  // of the branch or item
    const StateList* list = nullptr;

    Phase phase = Phase::Ready;
    std::string state;
    Value input;  // the state's raw input
    std::int64_t entered_id = 0;
    Time entered_at;
    Value result;
    Failure failure;
    Variables variables;
    std::int64_t last_event = 0;

    std::vector<std::int64_t> retries;  // taken, per retrier
    std::int64_t retry_count = 0;
    Time due;
    bool due_is_relative = true;  // to when it was set; else a moment of the definition

    Value parameters;  // of the task, as recorded
    std::int64_t scheduled_id = 0;
    Time scheduled_at;
    std::optional<std::int64_t> timeout_seconds, heartbeat_seconds;
    std::string token;  // of a task that somebody outside ends

    std::string map_run;            // its ARN
    std::int64_t map_redrives = 0;  // of that map run
    std::optional<std::int64_t> tolerated_count;
    std::optional<double> tolerated_percentage;

    Held held;

    Value item;                 // of an iteration
    Value items;                // of a running Map, an array
    std::size_t next_item = 0;  // the first item not started
    std::size_t concurrency = 0;
    std::vector<Value> results;  // of branches and iterations; null: not there yet
    std::vector<int> children;
};

// What a lane takes besides its data.
inline constexpr std::size_t kLaneBytes = 1024;

struct ExecutionIdentity {
    std::string arn;
    std::string name;
    std::string role_arn;
    std::string machine_arn;
    std::string machine_name;
    // Bound of the machine's own TimeoutSeconds: of EXPRESS executions.
    std::optional<std::int64_t> longest_seconds = std::nullopt;
    Value context = nullptr;  // laid over the context object; null but for the test of a state
};

class Execution {
  public:
    Execution(ExecutionIdentity identity, std::shared_ptr<const Machine> machine);

    // Throws Error{Corruption} when the record cannot follow what is there.
    void apply(const HistoryRecord& record);

    const ExecutionIdentity& identity() const { return identity_; }
    const Machine& machine() const { return *machine_; }
    ExecutionStatus status() const { return status_; }
    Time started_at() const { return started_at_; }
    Time ended_at() const { return ended_at_; }
    const Value& input() const { return input_; }
    const Value& output() const { return output_; }  // null unless it succeeded
    const Failure& failure() const { return failure_; }
    std::int64_t redrive_count() const { return redrive_count_; }
    // The last redrive; the start when there was none. Time limits begin anew with it.
    Time driven_at() const { return driven_at_; }

    // The latest moment a record was made at, by the clock as it is set now.
    Time latest() const { return latest_; }

    std::int64_t last_sequence() const { return last_sequence_; }
    std::int64_t last_event() const { return last_event_; }
    int next_lane() const { return next_lane_; }

    const std::map<int, Lane>& lanes() const { return lanes_; }
    const Lane& lane(int id) const;
    const State& state_of(const Lane& lane) const;
    // Bytes of what all lanes hold.
    std::size_t held_bytes() const { return held_bytes_; }
    // Whether all lanes around it still collect their branches. The branches of a Parallel or Map
    // that failed rest until it is retried, redriven or left.
    bool is_live(const Lane& lane) const;

  private:
    Lane& at(int id);
    void start(const HistoryRecord& record);
    void finish(const HistoryRecord& record, ExecutionStatus status);
    void redrive(const HistoryRecord& record);
    void set_clock_back(const HistoryRecord& record);
    void enter(Lane& lane, const HistoryRecord& record);
    void leave(Lane& lane, const HistoryRecord& record);
    void schedule(Lane& lane, const HistoryRecord& record);
    void fan_out(Lane& lane, const HistoryRecord& record);
    void open_lane(Lane& parent, const HistoryRecord& record, int id, int index,
                   const StateList& list, Value input, Value item, Held held);
    void close_lanes(Lane& parent);
    void hold(Lane& lane, std::size_t Held::*part, std::size_t bytes);
    void hold_result(Lane& lane, const HistoryRecord& record);

    ExecutionIdentity identity_;
    std::shared_ptr<const Machine> machine_;
    ExecutionStatus status_ = ExecutionStatus::Running;
    Time started_at_, ended_at_, driven_at_, latest_;
    std::int64_t redrive_count_ = 0;
    Value input_, output_;
    Failure failure_;
    std::int64_t last_sequence_ = 0;
    std::int64_t last_event_ = 0;
    int next_lane_ = 0;
    std::map<int, Lane> lanes_;
    std::size_t held_bytes_ = 0;
};

}  // namespace lifeboat::flow
