#include "flow/engine.h"

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "flow/interpreter.h"
#include "flow/task_call.h"

namespace lifeboat::flow {
namespace {

// Records per commit when nothing forces one, and bytes of them.
constexpr std::size_t kBatch = 256;
constexpr std::size_t kBatchBytes = std::size_t{4} << 20U;
// Whoever ends a token or a map run has the execution advanced; asking is only for safety.
constexpr auto kLongestSilence = std::chrono::hours(1);
// Of what ".sync" waits for: a tenth of how long it has waited, within these bounds. A host may
// have the execution advanced earlier.
constexpr Duration kFirstPoll = std::chrono::seconds(1);
constexpr Duration kLastPoll = std::chrono::seconds(30);

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
                commit_when_many();
            }
            if (execution_.status() != ExecutionStatus::Running) {
                fault::reach("states.before-end");
                commit();
                return {true, {}};
            }
            if (!progress && !calls.empty()) {
                commit();
                const std::optional<Time> ask = call_all(calls);
                if (!ask) continue;
                return {false, due ? std::min(*due, *ask) : *ask};
            }
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
    // An execution of many lanes is not to gather what all of them record.
    void commit_when_many() {
        if (execution_.status() != ExecutionStatus::Running) return;  // its end has a commit
        if (interpreter_.pending().size() >= kBatch || interpreter_.pending_bytes() >= kBatchBytes)
            commit();
    }

    std::vector<int> open_lanes() const {
        std::vector<int> ids;
        for (const auto& [id, lane] : execution_.lanes())
            ids.push_back(id);
        return ids;
    }

    // When to ask again; nullopt when the outcome of at least one was recorded.
    std::optional<Time> call_all(const std::vector<int>& lanes) {
        bool any = false;
        Time soonest = world_.clock.now() + kLongestSilence;
        for (const int lane : lanes) {
            if (execution_.status() != ExecutionStatus::Running) return std::nullopt;
            const auto ask = call(lane);
            any |= !ask;
            commit_when_many();
            if (ask) soonest = std::min(soonest, *ask);
        }
        return any ? std::nullopt : std::optional(soonest);
    }

    Outside& outside() const {
        if (world_.outside != nullptr) return *world_.outside;
        throw Error(ErrorCategory::Unsupported, "States.Runtime",
                    "task tokens and child executions are not available here");
    }

    // Like call_all, for one lane.
    std::optional<Time> call(int id) {
        const Lane& lane = execution_.lane(id);
        const State& state = execution_.state_of(lane);
        if (lane.phase == Phase::MapRun) return follow_map_run(id);
        if (state.task.kind == TaskResource::Kind::Activity ||
            (state.task.has_token() && lane.phase == Phase::Submitted))
            return follow_token(id);
        if (interpreter_.task_overdue(id)) {
            interpreter_.task_timed_out(id);
            return std::nullopt;
        }
        const std::string token =
            execution_.identity().arn + "/" + std::to_string(lane.scheduled_id);
        const bool submitted = lane.phase == Phase::Submitted;
        if (!submitted) fault::reach("states.before-task");
        const TaskOutcome outcome = submitted
                                        ? poll_task(world_, state.task, *lane.result)
                                        : call_task(world_, state.task, *lane.parameters, token);
        if (!submitted) fault::reach("states.after-task");
        if (submitted && outcome.kind == TaskOutcome::Kind::Running)
            return soonest_of(
                world_.clock.now() + std::clamp((world_.clock.now() - lane.scheduled_at) / 10,
                                                kFirstPoll, kLastPoll),
                lane.timeout_seconds, lane.scheduled_at);
        if (interpreter_.task_overdue(id))
            interpreter_.task_timed_out(id);
        else if (outcome.kind == TaskOutcome::Kind::Running)
            interpreter_.task_submitted(id, *outcome.output);
        else if (outcome.kind == TaskOutcome::Kind::Succeeded && state.task.has_token())
            interpreter_.task_submitted(id, *outcome.output);
        else if (outcome.kind == TaskOutcome::Kind::Succeeded)
            interpreter_.task_succeeded(id, *outcome.output);
        else
            interpreter_.task_failed(id, outcome.error, outcome.cause);
        return std::nullopt;
    }

    static Time soonest_of(Time due, std::optional<std::int64_t> seconds, Time since) {
        return seconds ? std::min(due, since + std::chrono::seconds(*seconds)) : due;
    }

    // Somebody outside ends the lane's task.
    std::optional<Time> follow_token(int id) {
        const Lane& lane = execution_.lane(id);
        const Time now = world_.clock.now();
        const std::optional<Callback> state = outside().callback(lane.token);
        if (state && lane.phase == Phase::Scheduled && state->worker) {
            interpreter_.activity_started(id, *state->worker);
            return std::nullopt;
        }
        if (state && state->output != nullptr) {
            interpreter_.task_succeeded(id, *state->output);
            return std::nullopt;
        }
        if (state && state->failed) {
            interpreter_.task_failed(id, state->error, state->cause);
            return std::nullopt;
        }
        if (interpreter_.task_overdue(id)) {
            interpreter_.task_timed_out(id);
            return std::nullopt;
        }
        Time due = soonest_of(now + kLongestSilence, lane.timeout_seconds, lane.scheduled_at);
        // The heart of an activity task begins to beat when a worker takes it.
        if (!lane.heartbeat_seconds || lane.phase == Phase::Scheduled) return due;
        const Time beat = state && state->beat ? *state->beat : lane.scheduled_at;
        due = soonest_of(due, lane.heartbeat_seconds, beat);
        if (now < beat + std::chrono::seconds(*lane.heartbeat_seconds)) return due;
        interpreter_.task_timed_out(id, "States.HeartbeatTimeout");
        return std::nullopt;
    }

    std::optional<Time> follow_map_run(int id) {
        const Lane& lane = execution_.lane(id);
        const std::string& arn = lane.map_run;
        std::optional<MapRunState> state;
        try {
            state = outside().map_run(arn);
            if (state && state->redrives < lane.map_redrives) {
                fault::reach("states.before-map-redrive");
                outside().redrive_map_run(arn, lane.map_redrives);
                state = outside().map_run(arn);
            }
            if (!state) {
                fault::reach("states.before-map-run");
                outside().start_map_run(interpreter_.plan_map_run(id, world_));
                fault::reach("states.after-map-run");
                state = outside().map_run(arn);
            }
            if (state->status == MapRunState::Status::Running)
                return world_.clock.now() + kLongestSilence;
            interpreter_.map_run_ended(id, *state, world_);
        } catch (const Error& error) {
            if (!error.code().starts_with("States.")) throw;
            interpreter_.map_run_failed(id, error, state.has_value());
        }
        return std::nullopt;
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
