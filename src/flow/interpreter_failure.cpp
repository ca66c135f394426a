// What happens after something went wrong: Retry, Catch, or the end of the branch.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/interpreter.h"

namespace lifeboat::flow {

bool covers(const std::vector<std::string>& names, const Failure& failure) {
    const std::string error = failure.error.value_or("");
    if (error == "States.Runtime") return false;
    return std::ranges::any_of(names, [&error](const std::string& name) {
        if (name == error) return true;
        if (name == "States.ALL") return error != "States.DataLimitExceeded";
        if (name == "States.TaskFailed")
            return error != "States.Timeout" && error != "States.DataLimitExceeded";
        return name == "States.Timeout" && error == "States.HeartbeatTimeout";
    });
}

namespace {

Json error_output(const Failure& failure) {
    Json output = Json::object();
    if (failure.error) output["Error"] = *failure.error;
    if (failure.cause) output["Cause"] = *failure.cause;
    return output;
}

Json error_details(const Failure& failure) {
    Json details = Json::object();
    if (failure.error) details["error"] = *failure.error;
    if (failure.cause) details["cause"] = *failure.cause;
    return details;
}

}  // namespace

void Interpreter::handle_failure(const Lane& lane, const Failure& failure) {
    const State& state = execution_.state_of(lane);
    handled_ = failure;
    if (retry(lane, state, failure)) return;
    const bool fanned = state.type == StateType::Map || state.type == StateType::Parallel;
    const bool unevaluated =
        state.expressions != nullptr && failure.error == "States.QueryEvaluationError";
    if (fanned && (lane.phase == Phase::Failed || unevaluated))
        record(lane, std::string(to_string(state.type)) + "StateFailed", nullptr, Json::object());
    try {
        if (catch_failure(lane, state, failure)) return;
    } catch (const Error& error) {
        if (!error.code().starts_with("States.")) throw;
        record_evaluation_failure(lane, error);
        return propagate(lane, failure_from(lane, error));
    }
    propagate(lane, failure);
}

bool Interpreter::retry(const Lane& lane, const State& state, const Failure& failure) {
    const auto found = std::ranges::find_if(state.retry, [&failure](const Retrier& retrier) {
        return covers(retrier.errors, failure);
    });
    if (found == state.retry.end()) return false;
    const auto index = static_cast<std::size_t>(found - state.retry.begin());
    const std::int64_t taken = lane.retries.at(index);
    if (taken >= found->max_attempts) return false;

    constexpr auto kLongest = static_cast<double>(kMostNumber);  // seconds
    double seconds = static_cast<double>(found->interval_seconds) *
                     std::pow(found->backoff_rate, static_cast<double>(taken));
    if (const auto most = found->max_delay_seconds)
        seconds = std::min(seconds, static_cast<double>(*most));
    seconds = std::min(seconds, kLongest);
    if (found->full_jitter) seconds *= random_.fraction();
    const auto delay = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    record_hidden(lane, kRetryScheduled,
                  {{"retrier", index}, {"due", to_epoch_micros(clock_.now() + delay)}});
    return true;
}

bool Interpreter::catch_failure(const Lane& lane, const State& state, const Failure& failure) {
    const auto found = std::ranges::find_if(state.catchers, [&failure](const Catcher& catcher) {
        return covers(catcher.errors, failure);
    });
    if (found == state.catchers.end()) return false;
    const Value output = make_value(error_output(failure));
    if (state.expressions != nullptr) {
        catch_jsonata(lane, state, static_cast<std::size_t>(found - state.catchers.begin()),
                      output);
        return true;
    }
    exit_state(lane, state, apply_result_path(found->result_path, lane.input, output),
               evaluate_assign(found->assign, output, scope(lane)), found->next);
    return true;
}

void Interpreter::propagate(const Lane& lane, const Failure& failure) {
    Json details = error_details(failure);
    const std::int64_t previous = lane.last_event;
    if (lane.parent < 0) return finish_execution("ExecutionFailed", std::move(details), previous);
    const Lane& parent = execution_.lane(lane.parent);
    const State& state = execution_.state_of(parent);
    const std::vector<Aborted> aborted = aborted_beside(lane);
    Json released = Json::object();
    for (const int sibling : parent.children)
        add_released(execution_.lane(sibling), released);
    if (!released.empty()) details["released"] = std::move(released);
    if (state.type == StateType::Map)
        record(parent.id, "MapIterationFailed", {{"name", state.name}, {"index", lane.index}},
               std::move(details), previous);
    else
        record_hidden(parent, kBranchFailed, std::move(details));
    for (const Aborted& sibling : aborted)
        record(parent.id, sibling.type, sibling.details == nullptr ? Json() : *sibling.details,
               Json::object(), sibling.previous);
}

void Interpreter::add_released(const Lane& lane, Json& released) const {
    const State& state = execution_.state_of(lane);
    const bool works = lane.phase == Phase::Scheduled || lane.phase == Phase::Started ||
                       lane.phase == Phase::Submitted;
    if (works && !lane.token.empty()) released["tokens"].push_back(lane.token);
    if (lane.phase == Phase::MapRun) released["mapRuns"].push_back(lane.map_run);
    if (lane.phase == Phase::Submitted && !state.task.has_token())
        if (const auto child = find_string(*lane.result, "ExecutionArn"))
            released["executions"].push_back(*child);
    for (const int child : lane.children)
        add_released(execution_.lane(child), released);
}

std::vector<Interpreter::Aborted> Interpreter::aborted_beside(const Lane& lane) const {
    std::vector<Aborted> aborted;
    const Lane& parent = execution_.lane(lane.parent);
    const bool map = execution_.state_of(parent).type == StateType::Map;
    for (const int id : parent.children) {
        const Lane& sibling = execution_.lane(id);
        if (id == lane.id || sibling.phase == Phase::Done) continue;
        if (map) {
            aborted.push_back({"MapIterationAborted",
                               make_value({{"name", parent.state}, {"index", sibling.index}}),
                               sibling.last_event});
            continue;
        }
        const StateType type = execution_.state_of(sibling).type;
        const bool has_event = type == StateType::Task || type == StateType::Wait ||
                               type == StateType::Map || type == StateType::Parallel;
        if (has_event && sibling.phase != Phase::Ready)
            aborted.push_back(
                {std::string(to_string(type)) + "StateAborted", nullptr, sibling.last_event});
    }
    return aborted;
}

}  // namespace lifeboat::flow
