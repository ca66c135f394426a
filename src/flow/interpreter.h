// Decides what happens next in an execution and records it.
//
// Every decision becomes a history record that is applied to the execution at once and kept in
// `pending` until the caller has made it durable. Only time, randomness and the outcome of tasks
// come from outside, and what they brought is in the records; so an execution rebuilt from its
// records goes on as if nothing had happened.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "flow/execution.h"

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

class Interpreter {
  public:
    // All must outlive the interpreter.
    Interpreter(Execution& execution, const Clock& clock, Random& random, std::string region);

    // Takes one lane one step further. Nothing happens on an execution that has ended.
    Step step(int lane);
    // Ends the execution when its time limit or its limit of events is reached.
    void check_limits();
    // The moment the machine's TimeoutSeconds is over.
    std::optional<Time> deadline() const;

    // The outcome of the task of a lane in phase Started or Submitted.
    void task_succeeded(int lane, const Json& output);
    void task_submitted(int lane, const Json& output);
    void task_failed(int lane, const std::string& error, const std::string& cause);
    // Whether the task's time limit is over.
    bool task_overdue(int lane) const;
    void task_timed_out(int lane);

    // What last went wrong in a state, whatever came of it.
    const Failure& handled() const { return handled_; }

    // Records not yet made durable, oldest first.
    const std::vector<HistoryRecord>& pending() const { return pending_; }
    void clear_pending() { pending_.clear(); }

  private:
    Step run(const Lane& lane);
    void enter(const Lane& lane);
    Step begin_work(const Lane& lane);
    void run_pass(const Lane& lane, const State& state);
    void run_choice(const Lane& lane, const State& state);
    Step run_wait(const Lane& lane, const State& state);
    void run_fail(const Lane& lane, const State& state);
    void schedule_task(const Lane& lane, const State& state);
    void start_task(const Lane& lane, const State& state);
    void fan_out(const Lane& lane, const State& state);
    Step run_fanned(const Lane& lane, const State& state);
    bool start_iterations(const Lane& lane, const State& state);
    void finish_work(const Lane& lane, const State& state);
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

    void exit_state(const Lane& lane, const State& state, const Value& output, Json assigned,
                    const std::string& next);
    Scope scope(const Lane& lane) const;
    Failure failure_from(const Lane& lane, const Error& error) const;
    void end_task(const Lane& lane, const std::string& ending, Json details);
    template <typename Action>
    void guarded(Action action);
    void finish_execution(std::string type, Json details, std::int64_t previous);
    // `lane` < 0: of the execution as a whole.
    void record(int lane, std::string type, Json details, Json beside, std::int64_t previous);
    void record(const Lane& lane, std::string type, Json details, Json beside);
    void record_hidden(const Lane& lane, std::string_view type, Json beside);

    Execution& execution_;
    const Clock& clock_;
    Random& random_;
    std::string region_;
    std::vector<HistoryRecord> pending_;
    Failure handled_;
};

}  // namespace lifeboat::flow
