// Decides what happens next in an execution and records it.
//
// Every decision becomes a history record that is applied to the execution at once and kept in
// `pending` until the caller has made it durable. Only time, randomness and the outcome of tasks
// come from outside, and what they brought is in the records; so an execution rebuilt from its
// records goes on as if nothing had happened.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "flow/engine.h"
#include "flow/execution.h"
#include "flow/query_language.h"

namespace lifeboat::flow {

// Whether an ErrorEquals list covers an error. No list covers States.Runtime; States.ALL leaves out
// States.DataLimitExceeded; States.TaskFailed is every error but States.Timeout.
bool covers(const std::vector<std::string>& names, const Failure& failure);

struct Step {
    enum class Kind {
        Progress,  // something was recorded
        Waiting,   // until `due`, or for another lane when there is no due
        Call,      // the lane's task is to be called, or asked for its end
    };
    Kind kind = Kind::Waiting;
    std::optional<Time> due;
};

class MapFields;

class Interpreter {
  public:
    // All must outlive the interpreter.
    Interpreter(Execution& execution, const Clock& clock, Random& random, std::string region);

    // Takes one lane one step further. Nothing happens on an execution that has ended.
    Step step(int lane);
    // Ends the execution when its time limit or its limit of events is reached. Notes when the
    // clock was set back: timers then last no longer than they would have from now on.
    void check_limits();
    // The moment the machine's TimeoutSeconds is over.
    std::optional<Time> deadline() const;

    // The outcome of the task of a lane in phase Started or Submitted.
    void task_succeeded(int lane, const Json& output);
    void task_submitted(int lane, const Json& output);
    void task_failed(int lane, const std::optional<std::string>& error,
                     const std::optional<std::string>& cause);
    // Whether the task's time limit is over.
    bool task_overdue(int lane) const;
    // `error`: "States.Timeout" or "States.HeartbeatTimeout".
    void task_timed_out(int lane, const std::string& error = "States.Timeout");
    // A worker took the lane's activity task.
    void activity_started(int lane, const std::string& worker);

    // The children's inputs and the bounds of the lane's map run; blocks while items are read.
    // Throws Error with a States.* code.
    MapRunPlan plan_map_run(int lane, const World& world);
    // The map run has ended; `world` takes the results where they are to go.
    void map_run_ended(int lane, const MapRunState& state, const World& world);
    // `started`: whether there is a run with children.
    void map_run_failed(int lane, const Error& error, bool started);

    // What last went wrong in a state, whatever came of it.
    const Failure& handled() const { return handled_; }

    // Records not yet made durable, oldest first.
    const std::vector<HistoryRecord>& pending() const { return pending_; }
    // About how many bytes they take.
    std::size_t pending_bytes() const { return pending_bytes_; }
    void clear_pending() {
        pending_.clear();
        pending_bytes_ = 0;
    }

  private:
    Step run(const Lane& lane);
    void enter(const Lane& lane);
    Step begin_work(const Lane& lane);
    void run_pass(const Lane& lane, const State& state);
    void run_choice(const Lane& lane, const State& state);
    Step run_wait(const Lane& lane, const State& state);
    // `relative` to now, not a moment the definition names.
    Step wait_for(const Lane& lane, const State& state, Time until, bool relative);
    void leave_wait(const Lane& lane, const State& state);
    void run_fail(const Lane& lane, const State& state);
    void schedule_task(const Lane& lane, const State& state);
    void start_task(const Lane& lane, const State& state);
    void fan_out(const Lane& lane, const State& state);
    void begin_map(const Lane& lane, const State& state);
    void name_map_run(const Lane& lane, const State& state);
    MapFields map_fields(const Lane& lane, const State& state) const;
    std::vector<Value> map_items(const Lane& lane, const State& state, const MapFields& fields,
                                 const World& world);
    Step run_fanned(const Lane& lane, const State& state);
    bool start_iterations(const Lane& lane, const State& state);
    void finish_work(const Lane& lane, const State& state);
    // Scheduling and fanning out, once the query language has given what to work on.
    struct TaskLimits {
        std::optional<std::int64_t> timeout, heartbeat;  // seconds
    };
    // A new task token for a state that needs one, as `beside` of its record.
    Json token_for(const State& state);
    Scope task_scope(const Lane& lane, const State& state, const Json& beside) const;
    void record_task(const Lane& lane, const State& state, const Json& arguments,
                     const TaskLimits& limits, Json beside);
    void record_branches(const Lane& lane, const State& state, const Json& input);
    void record_map(const Lane& lane, const State& state, const Json& items,
                    std::int64_t concurrency);
    // The same work for states of JSONata (interpreter_jsonata.cpp).
    JsonataScope jsonata_scope(const Lane& lane) const;
    Step begin_jsonata(const Lane& lane, const State& state);
    void choose_jsonata(const Lane& lane, const State& state, const JsonataScope& here);
    Value select_item_jsonata(const Lane& lane, const State& state, std::size_t index);
    void finish_jsonata(const Lane& lane, const State& state);
    void catch_jsonata(const Lane& lane, const State& state, std::size_t catcher,
                       const Value& error);
    // Output and Assign among `fields`, found at `place`; `otherwise` is the output without one.
    void exit_jsonata(const Lane& lane, const State& state, const Json& fields,
                      const std::string& place, const Value& otherwise, const JsonataScope& scope,
                      const std::string& next);
    // Notes in the history that an expression could not be evaluated.
    void record_evaluation_failure(const Lane& lane, const Error& error);
    void finish_lane(const Lane& lane);
    // Retries, catches, or passes on what went wrong in the lane's state.
    void handle_failure(const Lane& lane, const Failure& failure);
    bool retry(const Lane& lane, const State& state, const Failure& failure);
    bool catch_failure(const Lane& lane, const State& state, const Failure& failure);
    void propagate(const Lane& lane, const Failure& failure);
    // The records that note the end of what runs beside a failed lane.
    struct Aborted {
        std::string type;
        Value details;  // may be null
        std::int64_t previous;
    };
    std::vector<Aborted> aborted_beside(const Lane& lane) const;
    // What a lane and those it opened wait for outside, which is worth nothing once they are
    // aborted: added to the lists "tokens", "executions" and "mapRuns" of an object.
    void add_released(const Lane& lane, Json& released) const;

    void exit_state(const Lane& lane, const State& state, const Value& output, Json assigned,
                    const std::string& next);
    // Throws "States.DataLimitExceeded" when the lanes hold too much, or would with `more` bytes.
    void check_held(std::size_t more = 0) const;
    // Whether the lane may see so many bytes of variables more.
    bool have_room(const Lane& lane, std::size_t bytes) const;
    Scope scope(const Lane& lane) const;
    Failure failure_from(const Lane& lane, const Error& error) const;
    // The text of what a task returned, or nothing when that failed the task.
    std::optional<std::string> result_text(const Lane& lane, const State& state,
                                           const Json& output);
    void end_task(const Lane& lane, const std::string& ending, Json details);
    // Runs what records something, and stops it where the history is full.
    void guarded(const std::function<void()>& action);
    void finish_execution(std::string type, Json details, std::int64_t previous);
    // `lane` < 0: of the execution as a whole.
    void record(int lane, std::string type, Json details, Json beside, std::int64_t previous);
    void record(const Lane& lane, std::string type, Json details, Json beside);
    void record_hidden(const Lane& lane, std::string_view type, Json beside);
    void apply(HistoryRecord next);

    Execution& execution_;
    const Clock& clock_;
    Random& random_;
    std::string region_;
    std::vector<HistoryRecord> pending_;
    std::size_t pending_bytes_ = 0;
    Failure handled_;
};

}  // namespace lifeboat::flow
