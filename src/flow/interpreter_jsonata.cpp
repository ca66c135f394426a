// The work of states whose query language is JSONata: data comes by $states and variables, and goes
// by Arguments, Output and Assign.
#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/interpreter.h"
#include "flow/query_language.h"

namespace lifeboat::flow {
namespace {

[[noreturn]] void fail(const std::string& message, const std::string& field) {
    throw Error(ErrorCategory::InvalidInput, "States.QueryEvaluationError", message,
                Json{{"location", field}});
}

std::optional<std::int64_t> number_of(const State& state, const char* field,
                                      const NumberSetting& setting, std::int64_t least,
                                      const JsonataScope& scope) {
    const Json* expression = find(*state.expressions, field);
    return expression == nullptr ? setting.literal
                                 : evaluate_integer(*expression, field, least, scope);
}

// The field's value, or `otherwise` when the state does not have it.
Value value_of(const Json& fields, const char* field, const std::string& place,
               const Value& otherwise, const JsonataScope& scope) {
    const Json* given = find(fields, field);
    return given == nullptr ? otherwise
                            : make_value(evaluate_jsonata(*given, place + field, scope));
}

Time wait_end(const State& state, const JsonataScope& scope, Time entered) {
    if (const auto seconds = number_of(state, "Seconds", state.wait.seconds, 0, scope))
        return entered + std::chrono::seconds(*seconds);
    const Json* expression = find(*state.expressions, "Timestamp");
    const std::string text = expression == nullptr ? state.wait.timestamp
                                                   : evaluate_text(*expression, "Timestamp", scope);
    const auto until = parse_iso8601(text);
    if (!until)
        fail(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
            "format string: " +
                text,
            "Timestamp");
    return *until;
}

}  // namespace

JsonataScope Interpreter::jsonata_scope(const Lane& lane) const {
    return {scope(lane), nullptr, nullptr, clock_.now()};
}

void Interpreter::exit_jsonata(const Lane& lane, const State& state, const Json& fields,
                               const std::string& place, const Value& otherwise,
                               const JsonataScope& scope, const std::string& next) {
    const Value output = value_of(fields, "Output", place, otherwise, scope);
    const Value assigned = value_of(fields, "Assign", place, make_value(Json::object()), scope);
    exit_state(lane, state, output, *assigned, next);
}

Step Interpreter::begin_jsonata(const Lane& lane, const State& state) {
    const JsonataScope here = jsonata_scope(lane);
    const Json& fields = *state.expressions;
    switch (state.type) {
        case StateType::Pass:
        case StateType::Succeed:
            exit_jsonata(lane, state, fields, "", lane.input, here, state.next);
            return {};
        case StateType::Choice:
            choose_jsonata(lane, state, here);
            return {};
        case StateType::Wait: {
            const bool relative = state.wait.seconds.present() || fields.contains("Seconds");
            return wait_for(lane, state, wait_end(state, here, lane.entered_at), relative);
        }
        case StateType::Fail: {
            const auto text = [&](const char* field, const FailText& given) {
                const Json* expression = find(fields, field);
                return expression == nullptr
                           ? given.text
                           : std::optional(evaluate_text(*expression, field, here));
            };
            const auto error = text("Error", state.error);
            propagate(lane, {error, text("Cause", state.cause)});
            return {};
        }
        case StateType::Task: {
            Json beside = token_for(state);
            JsonataScope with_token = here;
            with_token.scope = task_scope(lane, state, beside);
            const Value arguments = value_of(fields, "Arguments", "", lane.input, with_token);
            record_task(lane, state, *arguments,
                        {number_of(state, "TimeoutSeconds", state.timeout, 1, here),
                         number_of(state, "HeartbeatSeconds", state.heartbeat, 1, here)},
                        std::move(beside));
            return {};
        }
        case StateType::Parallel:
            record_branches(lane, state, *value_of(fields, "Arguments", "", lane.input, here));
            return {};
        case StateType::Map: {
            if (state.distributed != nullptr) {
                begin_map(lane, state);
                return {};
            }
            const Value items = value_of(fields, "Items", "", lane.input, here);
            if (!items->is_array())
                fail("Map state input must be an array but was: " + to_text(*items), "Items");
            record_map(
                lane, state, *items,
                number_of(state, "MaxConcurrency", state.max_concurrency, 0, here).value_or(0));
            return {};
        }
    }
    return {};
}

void Interpreter::choose_jsonata(const Lane& lane, const State& state, const JsonataScope& here) {
    const Json* rules = find(*state.expressions, "Choices");
    for (std::size_t i = 0; i < state.choices.size(); ++i) {
        const Json& rule = rules->at(i);
        const std::string place = "Choices[" + std::to_string(i) + "]/";
        if (evaluate_condition(rule.at("Condition"), place + "Condition", here))
            return exit_jsonata(lane, state, rule, place, lane.input, here, state.choices[i].next);
    }
    if (state.choice_default.empty())
        throw Error(ErrorCategory::InvalidInput, "States.NoChoiceMatched",
                    "Failed to transition out of the state. The state does not point to a next "
                    "state.");
    exit_jsonata(lane, state, *state.expressions, "", lane.input, here, state.choice_default);
}

Value Interpreter::select_item_jsonata(const Lane& lane, const State& state, std::size_t index) {
    JsonataScope here = jsonata_scope(lane);
    here.scope = item_scope_of(execution_, lane, lane.input, index, random_);
    return value_of(*state.expressions, "ItemSelector", "", make_value((*lane.items)[index]), here);
}

void Interpreter::finish_jsonata(const Lane& lane, const State& state) {
    JsonataScope here = jsonata_scope(lane);
    here.result = lane.result;
    exit_jsonata(lane, state, *state.expressions, "", lane.result, here, state.next);
}

void Interpreter::catch_jsonata(const Lane& lane, const State& state, std::size_t catcher,
                                const Value& error) {
    JsonataScope here = jsonata_scope(lane);
    here.error_output = error;
    exit_jsonata(lane, state, state.expressions->at("Catch").at(catcher),
                 "Catch[" + std::to_string(catcher) + "]/", error, here,
                 state.catchers[catcher].next);
}

void Interpreter::record_evaluation_failure(const Lane& lane, const Error& error) {
    if (error.code() != "States.QueryEvaluationError") return;
    const Failure failure = failure_from(lane, error);
    Json details = {{"error", *failure.error}, {"cause", *failure.cause}, {"state", lane.state}};
    if (const auto place = find_string(error.members(), "location")) details["location"] = *place;
    record(lane, "EvaluationFailed", std::move(details), Json::object());
}

}  // namespace lifeboat::flow
