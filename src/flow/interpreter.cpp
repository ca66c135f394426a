// Entering, leaving and recording; the work of each state type is in interpreter_work.cpp, what
// happens after a failure in interpreter_failure.cpp.
#include "flow/interpreter.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"

namespace lifeboat::flow {
namespace {

const Json kWhole = {{"truncated", false}};
constexpr std::string_view kHistoryFull = "HistoryFull";

// What the events of a task are called that has its own kind of them; null for most.
const char* own_prefix(const TaskResource& task) {
    if (task.kind == TaskResource::Kind::Function) return "LambdaFunction";
    return task.kind == TaskResource::Kind::Activity ? "Activity" : nullptr;
}

}  // namespace

void Interpreter::guarded(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        if (error.code() != kHistoryFull) throw;
    }
}

Interpreter::Interpreter(Execution& execution, const Clock& clock, Random& random,
                         std::string region)
    : execution_(execution), clock_(clock), random_(random), region_(std::move(region)) {}

Step Interpreter::step(int id) {
    if (execution_.status() != ExecutionStatus::Running || !execution_.lanes().contains(id))
        return {};
    const Lane& lane = execution_.lane(id);
    if (!execution_.is_live(lane)) return {};
    const std::int64_t before = execution_.last_sequence();
    Step step;
    try {
        step = run(lane);
    } catch (const Error& error) {
        if (error.code() == kHistoryFull) return {Step::Kind::Progress, std::nullopt};
        if (!error.code().starts_with("States.")) throw;
        guarded([&] {
            record_evaluation_failure(lane, error);
            handle_failure(lane, failure_from(lane, error));
        });
    }
    if (execution_.last_sequence() != before) step.kind = Step::Kind::Progress;
    return step;
}

Step Interpreter::run(const Lane& lane) {
    switch (lane.phase) {
        case Phase::Ready:
            enter(lane);
            return {};
        case Phase::Entered:
            return begin_work(lane);
        case Phase::Scheduled:
            if (execution_.state_of(lane).task.kind == TaskResource::Kind::Activity)
                return {Step::Kind::Call, std::nullopt};
            start_task(lane, execution_.state_of(lane));
            return {};
        case Phase::Waiting:
            if (clock_.now() < lane.due) return {Step::Kind::Waiting, lane.due};
            leave_wait(lane, execution_.state_of(lane));
            return {};
        case Phase::Redriving:
            record(lane, "MapRunRedriven",
                   {{"mapRunArn", lane.map_run}, {"redriveCount", lane.map_redrives + 1}},
                   Json::object());
            return {};
        case Phase::Mapping:
            name_map_run(lane, execution_.state_of(lane));
            return {};
        case Phase::Started:
        case Phase::Submitted:
        case Phase::MapRun:
            return {Step::Kind::Call, std::nullopt};
        case Phase::Fanned:
            return run_fanned(lane, execution_.state_of(lane));
        case Phase::Worked:
            finish_work(lane, execution_.state_of(lane));
            return {};
        case Phase::Failed:
            handle_failure(lane, Failure(lane.failure));
            return {};
        case Phase::Retrying:
            if (clock_.now() < lane.due) return {Step::Kind::Waiting, lane.due};
            return begin_work(lane);
        case Phase::Done:
            finish_lane(lane);
            return {};
    }
    return {};
}

void Interpreter::check_limits() {
    if (execution_.status() != ExecutionStatus::Running) return;
    // Clocks of one machine differ less than this between two looks.
    constexpr auto kSetBack = std::chrono::seconds(1);
    const Time now = clock_.now();
    if (now + kSetBack < execution_.latest())
        record_hidden(execution_.lanes().begin()->second, kClockSetBack,
                      {{"by", (execution_.latest() - now).count()}});
    if (const auto end = deadline(); end && clock_.now() >= *end)
        finish_execution("ExecutionTimedOut", {{"error", "States.Timeout"}},
                         execution_.last_event());
}

std::optional<Time> Interpreter::deadline() const {
    std::optional<std::int64_t> seconds = execution_.machine().timeout_seconds;
    if (const auto most = execution_.identity().longest_seconds)
        seconds = std::min(seconds.value_or(*most), *most);
    if (!seconds) return std::nullopt;
    return execution_.driven_at() + std::chrono::seconds(*seconds);
}

void Interpreter::enter(const Lane& lane) {
    const State& state = execution_.state_of(lane);
    record(lane, std::string(to_string(state.type)) + "StateEntered",
           {{"name", state.name}, {"input", to_text(*lane.input)}, {"inputDetails", kWhole}},
           Json::object());
}

void Interpreter::exit_state(const Lane& lane, const State& state, const Value& output,
                             Json assigned, const std::string& next) {
    // Leaving a state whose branches are still open sets free what they hold.
    if (lane.parent >= 0 && lane.children.empty()) check_held();
    Json details = {
        {"name", state.name},
        {"output", payload_text(*output, "The state/task '" + state.name + "' returned a result")},
        {"outputDetails", kWhole}};
    if (!assigned.empty()) {
        Json texts = Json::object();
        std::size_t bytes = 0;
        for (const auto& [name, value] : assigned.items()) {
            texts[name] = payload_text(value, "The state '" + state.name +
                                                  "' assigns the variable '" + name + "', a value");
            bytes += texts[name].get_ref<const std::string&>().size();
        }
        // Nothing on AWS may catch it either.
        if (bytes > kLongestPayload || !have_room(lane, bytes))
            throw Error(ErrorCategory::InvalidInput, "States.DataLimitExceeded",
                        "The variables that the state '" + state.name +
                            "' assigns have a size exceeding the maximum number of bytes service "
                            "limit.");
        details["assignedVariables"] = std::move(texts);
        details["assignedVariablesDetails"] = kWhole;
    }
    Json beside = Json::object();
    if (!next.empty()) beside["next"] = next;
    record(lane, std::string(to_string(state.type)) + "StateExited", std::move(details),
           std::move(beside));
}

void Interpreter::check_held(std::size_t more) const {
    if (execution_.held_bytes() + more > kMostHeld)
        throw Error(ErrorCategory::InvalidInput, "States.DataLimitExceeded",
                    "The branches and iterations of the execution hold data with a size exceeding "
                    "the maximum number of bytes service limit.");
}

bool Interpreter::have_room(const Lane& lane, std::size_t bytes) const {
    // So many may always be there; more are measured.
    constexpr std::size_t kFew = kMostVariables / kLongestPayload;
    const Scope here = scope(lane);
    std::size_t count = 0;
    for (const Variables* variables : here.variables)
        count += variables->size();
    if (count < kFew) return true;
    for (const Variables* variables : here.variables)
        for (const auto& [name, value] : *variables)
            bytes += to_text(*value).size();
    return bytes <= kMostVariables;
}

void Interpreter::finish_lane(const Lane& lane) {
    // Branches and iterations are collected by the lane that opened them.
    if (lane.parent >= 0) return;
    finish_execution("ExecutionSucceeded",
                     {{"output", to_text(*lane.result)}, {"outputDetails", kWhole}},
                     lane.last_event);
}

Scope Interpreter::scope(const Lane& lane) const {
    return scope_of(execution_, lane, lane.input, random_);
}

Failure Interpreter::failure_from(const Lane& lane, const Error& error) const {
    if (error.code() == "States.DataLimitExceeded") return {error.code(), error.message()};
    return {error.code(), "An error occurred while executing the state '" + lane.state +
                              "' (entered at the event id #" + std::to_string(lane.entered_id) +
                              "). " + error.message()};
}

void Interpreter::task_submitted(int id, const Json& output) {
    const Lane& lane = execution_.lane(id);
    const State& state = execution_.state_of(lane);
    const auto text = result_text(lane, state, output);
    if (!text) return;
    guarded([&] {
        record(lane, "TaskSubmitted",
               {{"resourceType", state.task.resource_type},
                {"resource", state.task.resource},
                {"output", *text},
                {"outputDetails", kWhole}},
               Json::object());
    });
}

std::optional<std::string> Interpreter::result_text(const Lane& lane, const State& state,
                                                    const Json& output) {
    try {
        std::string text =
            payload_text(output, "The state/task '" + state.task.resource + "' returned a result");
        if (lane.parent >= 0) check_held(text.size());
        return text;
    } catch (const Error& error) {
        task_failed(lane.id, error.code(), error.message());
        return std::nullopt;
    }
}

void Interpreter::task_succeeded(int id, const Json& output) {
    const Lane& lane = execution_.lane(id);
    const State& state = execution_.state_of(lane);
    const auto text = result_text(lane, state, output);
    if (!text) return;
    guarded([&] {
        if (const auto* own = own_prefix(state.task))
            record(lane, own + std::string("Succeeded"),
                   {{"output", *text}, {"outputDetails", kWhole}}, {{"token", lane.token}});
        else
            record(lane, "TaskSucceeded",
                   {{"resourceType", state.task.resource_type},
                    {"resource", state.task.resource},
                    {"output", *text},
                    {"outputDetails", kWhole}},
                   {{"token", lane.token}});
    });
}

void Interpreter::task_failed(int id, const std::optional<std::string>& error,
                              const std::optional<std::string>& cause) {
    Json details = Json::object();
    if (error) details["error"] = *error;
    if (cause) details["cause"] = *cause;
    end_task(execution_.lane(id), "Failed", std::move(details));
}

bool Interpreter::task_overdue(int id) const {
    const Lane& lane = execution_.lane(id);
    return lane.timeout_seconds &&
           clock_.now() >= lane.scheduled_at + std::chrono::seconds(*lane.timeout_seconds);
}

void Interpreter::task_timed_out(int id, const std::string& error) {
    end_task(execution_.lane(id), "TimedOut", {{"error", error}});
}

void Interpreter::activity_started(int id, const std::string& worker) {
    Json details = Json::object();
    if (!worker.empty()) details["workerName"] = worker;
    guarded([&] {
        record(execution_.lane(id), "ActivityStarted", std::move(details), Json::object());
    });
}

void Interpreter::end_task(const Lane& lane, const std::string& ending, Json details) {
    const State& state = execution_.state_of(lane);
    guarded([&] {
        if (const auto* own = own_prefix(state.task))
            return record(lane, own + ending, std::move(details), {{"token", lane.token}});
        details["resourceType"] = state.task.resource_type;
        details["resource"] = state.task.resource;
        record(lane, "Task" + ending, std::move(details), {{"token", lane.token}});
    });
}

void Interpreter::finish_execution(std::string type, Json details, std::int64_t previous) {
    record(-1, std::move(type), std::move(details), nullptr, previous);
}

void Interpreter::record(const Lane& lane, std::string type, Json details, Json beside) {
    record(lane.id, std::move(type), std::move(details), std::move(beside), lane.last_event);
}

void Interpreter::record(int lane, std::string type, Json details, Json beside,
                         std::int64_t previous) {
    if (execution_.last_event() + 1 >= kMostEvents && !type.starts_with("Execution")) {
        // The last event is kept for the end.
        const std::string cause = "The execution reached the maximum number of history events (" +
                                  std::to_string(kMostEvents) + ").";
        finish_execution("ExecutionFailed", {{"error", "States.Runtime"}, {"cause", cause}},
                         execution_.last_event());
        throw Error(ErrorCategory::Cancelled, std::string(kHistoryFull), cause);
    }
    if (lane >= 0) beside["lane"] = lane;
    HistoryRecord next;
    next.sequence = execution_.last_sequence() + 1;
    next.id = execution_.last_event() + 1;
    next.previous = previous;
    next.at = clock_.now();
    next.type = std::move(type);
    if (!details.is_null()) next.details = make_value(std::move(details));
    if (!beside.is_null()) next.beside = make_value(std::move(beside));
    apply(std::move(next));
}

void Interpreter::apply(HistoryRecord next) {
    execution_.apply(next);
    pending_bytes_ += weight(next);
    pending_.push_back(std::move(next));
}

void Interpreter::record_hidden(const Lane& lane, std::string_view type, Json beside) {
    beside["lane"] = lane.id;
    HistoryRecord next;
    next.sequence = execution_.last_sequence() + 1;
    next.at = clock_.now();
    next.type = type;
    next.beside = make_value(std::move(beside));
    apply(std::move(next));
}

}  // namespace lifeboat::flow
