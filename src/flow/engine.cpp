#include "flow/engine.h"

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "flow/interpreter.h"
#include "flow/task_call.h"

namespace lifeboat::flow {
namespace {

constexpr std::size_t kBatch = 256;  // records per commit when nothing forces one
constexpr auto kPollInterval = std::chrono::seconds(1);  // of what ".sync" waits for

class Run {
  public:
    Run(Execution& execution, const World& world, const Journal& journal)
        : execution_(execution),
          world_(world),
          journal_(journal),
          interpreter_(execution, world.clock, world.random, world.place.region) {}

    Advance advance() {
        for (int steps = 0; steps < kMostSteps;) {
            interpreter_.check_limits();
            bool progress = false;
            std::optional<Time> due = interpreter_.deadline();
            std::vector<int> calls;
            for (const int lane : open_lanes()) {
                const Step step = interpreter_.step(lane);
                ++steps;
                if (step.kind == Step::Kind::Progress) progress = true;
                if (step.kind == Step::Kind::Call) calls.push_back(lane);
                if (step.due) due = due ? std::min(*due, *step.due) : *step.due;
            }
            if (execution_.status() != ExecutionStatus::Running) {
                fault::reach("states.before-end");
                commit();
                return {true, {}};
            }
            if (!progress && !calls.empty()) {
                commit();
                if (call_all(calls)) continue;
                const Time poll = world_.clock.now() + kPollInterval;
                return {false, due ? std::min(*due, poll) : poll};
            }
            if (interpreter_.pending().size() >= kBatch) commit();
            if (!progress) {
                commit();
                if (!due)
                    throw Error(ErrorCategory::Internal, "ExecutionStuck",
                                "nothing can happen in " + execution_.identity().arn);
                return {false, *due};
            }
        }
        commit();
        return {false, world_.clock.now()};
    }

    void commit() {
        if (interpreter_.pending().empty()) return;
        fault::reach("states.before-commit");
        journal_(execution_, interpreter_.pending());
        interpreter_.clear_pending();
        fault::reach("states.after-commit");
    }

  private:
    std::vector<int> open_lanes() const {
        std::vector<int> ids;
        for (const auto& [id, lane] : execution_.lanes())
            ids.push_back(id);
        return ids;
    }

    // True when the outcome of at least one was recorded.
    bool call_all(const std::vector<int>& lanes) {
        bool any = false;
        for (const int lane : lanes)
            any |= call(lane);
        return any;
    }

    bool call(int id) {
        if (interpreter_.task_overdue(id)) {
            interpreter_.task_timed_out(id);
            return true;
        }
        const Lane& lane = execution_.lane(id);
        const State& state = execution_.state_of(lane);
        const std::string token =
            execution_.identity().arn + "/" + std::to_string(lane.scheduled_id);
        const bool submitted = lane.phase == Phase::Submitted;
        if (!submitted) fault::reach("states.before-task");
        const TaskOutcome outcome = submitted
                                        ? poll_task(world_, state.task, *lane.result)
                                        : call_task(world_, state.task, *lane.parameters, token);
        if (!submitted) fault::reach("states.after-task");
        if (submitted && outcome.kind == TaskOutcome::Kind::Running) return false;
        if (interpreter_.task_overdue(id))
            interpreter_.task_timed_out(id);
        else if (outcome.kind == TaskOutcome::Kind::Running)
            interpreter_.task_submitted(id, *outcome.output);
        else if (outcome.kind == TaskOutcome::Kind::Succeeded)
            interpreter_.task_succeeded(id, *outcome.output);
        else
            interpreter_.task_failed(id, outcome.error, outcome.cause);
        return true;
    }

    Execution& execution_;
    const World& world_;
    const Journal& journal_;
    Interpreter interpreter_;
};

}  // namespace

Advance advance(Execution& execution, const World& world, const Journal& journal) {
    if (execution.status() != ExecutionStatus::Running) return {true, {}};
    return Run(execution, world, journal).advance();
}

}  // namespace lifeboat::flow
