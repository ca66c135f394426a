// The work of each type of state.
#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/interpreter.h"
#include "flow/template.h"

namespace lifeboat::flow {
namespace {

std::string input_of(const State& state) {
    return "The state/task '" + state.name + "' has an input";
}

constexpr std::size_t kInlineConcurrency = 40;  // iterations an inline Map runs at once on AWS

}  // namespace

Step Interpreter::begin_work(const Lane& lane) {
    const State& state = execution_.state_of(lane);
    if (lane.parent >= 0 && lane.children.empty()) check_held();
    if (state.expressions != nullptr) return begin_jsonata(lane, state);
    switch (state.type) {
        case StateType::Pass:
            run_pass(lane, state);
            return {};
        case StateType::Choice:
            run_choice(lane, state);
            return {};
        case StateType::Wait:
            return run_wait(lane, state);
        case StateType::Fail:
            run_fail(lane, state);
            return {};
        case StateType::Task:
            schedule_task(lane, state);
            return {};
        case StateType::Parallel:
        case StateType::Map:
            fan_out(lane, state);
            return {};
        case StateType::Succeed: {
            const Scope here = scope(lane);
            exit_state(lane, state, apply_output_path(state, apply_input_path(state, here), here),
                       Json::object(), "");
            return {};
        }
    }
    return {};
}

void Interpreter::run_pass(const Lane& lane, const State& state) {
    const Scope here = scope(lane);
    const Value input = apply_parameters(state.parameters, apply_input_path(state, here), here);
    const Value result = state.result != nullptr ? state.result : input;
    const Value output =
        apply_output_path(state, apply_result_path(state.result_path, lane.input, result), here);
    exit_state(lane, state, output, evaluate_assign(state.assign, result, here), state.next);
}

void Interpreter::run_choice(const Lane& lane, const State& state) {
    Scope here = scope(lane);
    const Value input = apply_input_path(state, here);
    here.input = input;
    const auto chosen = std::ranges::find_if(
        state.choices, [&here](const ChoiceBranch& branch) { return branch.rule.holds(here); });
    const bool any = chosen != state.choices.end();
    const std::string& next = any ? chosen->next : state.choice_default;
    if (next.empty())
        throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                    "Failed to transition out of the state. The state does not point to a next "
                    "state.");
    exit_state(lane, state, apply_output_path(state, input, here),
               evaluate_assign(any ? chosen->assign : state.assign, input, here), next);
}

Step Interpreter::run_wait(const Lane& lane, const State& state) {
    Scope inside = scope(lane);
    inside.input = apply_input_path(state, inside);
    return wait_for(lane, state, wait_until(state, inside, lane.entered_at),
                    state.wait.seconds.present());
}

Step Interpreter::wait_for(const Lane& lane, const State& state, Time until, bool relative) {
    if (clock_.now() >= until) {
        leave_wait(lane, state);
        return {};
    }
    record_hidden(lane, kWaitScheduled, {{"due", to_epoch_micros(until)}, {"relative", relative}});
    return {};
}

void Interpreter::leave_wait(const Lane& lane, const State& state) {
    if (state.expressions != nullptr)
        return exit_jsonata(lane, state, *state.expressions, "", lane.input, jsonata_scope(lane),
                            state.next);
    const Scope here = scope(lane);
    const Value input = apply_input_path(state, here);
    exit_state(lane, state, apply_output_path(state, input, here),
               evaluate_assign(state.assign, input, here), state.next);
}

void Interpreter::run_fail(const Lane& lane, const State& state) {
    const Scope here = scope(lane);
    const auto text = [&here](const FailText& given,
                              const char* field) -> std::optional<std::string> {
        if (!given.expression) return given.text;
        const Json value = evaluate_expression(*given.expression, field, here);
        if (value.is_string()) return value.get<std::string>();
        throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                    "The " + std::string(field) + " field must refer to a string, found " +
                        to_text(value) + ": " + *given.expression);
    };
    const auto error = text(state.error, "ErrorPath");
    propagate(lane, {error, text(state.cause, "CausePath")});
}

void Interpreter::schedule_task(const Lane& lane, const State& state) {
    Json beside = token_for(state);
    const Scope here = task_scope(lane, state, beside);
    const Value input = apply_input_path(state, here);
    const Value parameters = apply_parameters(state.parameters, input, here);
    Scope inside = here;
    inside.input = input;
    record_task(lane, state, *parameters,
                {resolve_number(state.timeout, inside), resolve_number(state.heartbeat, inside)},
                std::move(beside));
}

Json Interpreter::token_for(const State& state) {
    Json beside = Json::object();
    if (state.task.has_token()) beside["token"] = base64_encode(new_uuid(random_));
    return beside;
}

Scope Interpreter::task_scope(const Lane& lane, const State& state, const Json& beside) const {
    return state.task.pattern == TaskResource::Pattern::Callback
               ? token_scope_of(execution_, lane, lane.input, random_, beside["token"])
               : scope(lane);
}

void Interpreter::record_task(const Lane& lane, const State& state, const Json& arguments,
                              const TaskLimits& limits, Json beside) {
    const std::string parameters = payload_text(arguments, input_of(state));
    Json details = Json::object();
    if (limits.timeout) details["timeoutInSeconds"] = *limits.timeout;
    if (state.task.kind == TaskResource::Kind::Activity) {
        if (limits.heartbeat) details["heartbeatInSeconds"] = *limits.heartbeat;
        details.update({{"resource", state.task.arn},
                        {"input", parameters},
                        {"inputDetails", {{"truncated", false}}}});
        return record(lane, "ActivityScheduled", std::move(details), std::move(beside));
    }
    if (state.task.kind == TaskResource::Kind::Function) {
        details.update({{"resource", state.task.arn},
                        {"input", parameters},
                        {"inputDetails", {{"truncated", false}}}});
        return record(lane, "LambdaFunctionScheduled", std::move(details), Json::object());
    }
    if (limits.heartbeat) details["heartbeatInSeconds"] = *limits.heartbeat;
    details.update({{"resourceType", state.task.resource_type},
                    {"resource", state.task.resource},
                    {"region", region_},
                    {"parameters", parameters}});
    record(lane, "TaskScheduled", std::move(details), std::move(beside));
}

void Interpreter::start_task(const Lane& lane, const State& state) {
    if (state.task.kind == TaskResource::Kind::Function)
        return record(lane, "LambdaFunctionStarted", nullptr, Json::object());
    record(lane, "TaskStarted",
           {{"resourceType", state.task.resource_type}, {"resource", state.task.resource}},
           Json::object());
}

void Interpreter::fan_out(const Lane& lane, const State& state) {
    if (state.distributed != nullptr) return begin_map(lane, state);
    const Scope here = scope(lane);
    const Value input = apply_input_path(state, here);
    if (state.type == StateType::Parallel) {
        return record_branches(lane, state, *apply_parameters(state.parameters, input, here));
    }
    Scope inside = here;
    inside.input = input;
    Value items = input;
    if (state.items_path) items = make_value(state.items_path->require(inside));
    if (!items->is_array())
        throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                    "Reference path \"" +
                        (state.items_path ? state.items_path->text() : std::string("$")) +
                        "\" must point to array.");
    record_map(lane, state, *items, resolve_number(state.max_concurrency, inside).value_or(0));
}

void Interpreter::record_branches(const Lane& lane, const State& state, const Json& input) {
    payload_text(input, input_of(state));
    // Those of an attempt before make room for them.
    if (lane.children.empty()) check_held(state.branches.size() * kLaneBytes);
    record(lane, "ParallelStateStarted", nullptr, {{"input", input}});
}

void Interpreter::record_map(const Lane& lane, const State& state, const Json& items,
                             std::int64_t concurrency) {
    payload_text(items, input_of(state));
    const auto limit = static_cast<std::size_t>(concurrency);
    record(
        lane, "MapStateStarted", {{"length", items.size()}},
        {{"items", items},
         {"concurrency", limit == 0 ? kInlineConcurrency : std::min(limit, kInlineConcurrency)}});
}

Step Interpreter::run_fanned(const Lane& lane, const State& state) {
    const auto done = [this](int child) { return execution_.lane(child).phase == Phase::Done; };
    if (state.type == StateType::Parallel) {
        if (!std::ranges::all_of(lane.children, done)) return {};
        std::int64_t previous = lane.last_event;
        for (const int child : lane.children)
            previous = std::max(previous, execution_.lane(child).last_event);
        record(lane.id, "ParallelStateSucceeded", nullptr, Json::object(), previous);
        return {};
    }
    const std::vector<int> children = lane.children;
    for (const int child : children)
        if (done(child))
            record(lane.id, "MapIterationSucceeded",
                   {{"name", state.name}, {"index", execution_.lane(child).index}},
                   {{"child", child}}, execution_.lane(child).last_event);
    if (start_iterations(lane, state) || !lane.children.empty()) return {};
    record(lane, "MapStateSucceeded", nullptr, Json::object());
    return {};
}

bool Interpreter::start_iterations(const Lane& lane, const State& state) {
    bool started = false;
    while (lane.children.size() < lane.concurrency && lane.next_item < lane.items->size()) {
        check_held(kLaneBytes);
        const std::size_t index = lane.next_item;
        Value input = make_value((*lane.items)[index]);
        if (state.expressions != nullptr) {
            input = select_item_jsonata(lane, state, index);
        } else if (state.item_selector != nullptr) {
            const Value shared = apply_input_path(state, scope(lane));
            input = apply_parameters(state.item_selector, shared,
                                     item_scope_of(execution_, lane, shared, index, random_));
        }
        payload_text(*input, "An iteration of the state '" + state.name + "' has an input");
        record(lane, "MapIterationStarted", {{"name", state.name}, {"index", index}},
               {{"child", execution_.next_lane()}, {"input", *input}});
        started = true;
    }
    return started;
}

void Interpreter::finish_work(const Lane& lane, const State& state) {
    if (state.expressions != nullptr) return finish_jsonata(lane, state);
    const Scope here = scope(lane);
    const Value selected = apply_parameters(state.result_selector, lane.result, here);
    const Value output =
        apply_output_path(state, apply_result_path(state.result_path, lane.input, selected), here);
    exit_state(lane, state, output, evaluate_assign(state.assign, selected, here), state.next);
}

}  // namespace lifeboat::flow
