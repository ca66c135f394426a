#include "flow/data_flow.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/template.h"

namespace lifeboat::flow {
namespace {

[[noreturn]] void fail(const std::string& code, const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, code, message);
}

Json context_of(const Execution& execution, const Lane& lane) {
    const ExecutionIdentity& identity = execution.identity();
    Json context = {
        {"Execution",
         {{"Id", identity.arn},
          {"Input", *execution.input()},
          {"Name", identity.name},
          {"RoleArn", identity.role_arn},
          {"StartTime", to_iso8601_millis(execution.started_at())},
          {"RedriveCount", execution.redrive_count()}}},
        {"StateMachine", {{"Id", identity.machine_arn}, {"Name", identity.machine_name}}},
        {"State",
         {{"Name", lane.state},
          {"EnteredTime", to_iso8601_millis(lane.entered_at)},
          {"RetryCount", lane.retry_count}}}};
    if (execution.redrive_count() > 0)
        context["Execution"]["RedriveTime"] = to_iso8601_millis(execution.driven_at());
    if (identity.context != nullptr) context.merge_patch(*identity.context);
    for (const Lane* around = &lane;; around = &execution.lane(around->parent)) {
        if (around->item != nullptr) {
            context["Map"] = {{"Item", {{"Index", around->index}, {"Value", *around->item}}}};
            break;
        }
        if (around->parent < 0) break;
    }
    return context;
}

Scope scope_with(const Execution& execution, const Lane& lane, Value input, Json context,
                 Random& random) {
    Scope scope;
    scope.input = std::move(input);
    scope.context = make_value(std::move(context));
    scope.random = &random;
    for (const Lane* around = &lane;; around = &execution.lane(around->parent)) {
        scope.variables.push_back(&around->variables);
        if (around->parent < 0) return scope;
    }
}

std::string shown(const Json& value) {
    return value.is_string() ? value.get<std::string>() : to_text(value);
}

}  // namespace

Scope scope_of(const Execution& execution, const Lane& lane, Value input, Random& random) {
    return scope_with(execution, lane, std::move(input), context_of(execution, lane), random);
}

Scope item_scope_of(const Execution& execution, const Lane& lane, Value input, std::size_t index,
                    Random& random) {
    Json context = context_of(execution, lane);
    context["Map"] = {{"Item", {{"Index", index}, {"Value", (*lane.items)[index]}}}};
    return scope_with(execution, lane, std::move(input), std::move(context), random);
}

ItemScope::ItemScope(const Execution& execution, const Lane& lane, Value input, Random& random)
    : context_(std::make_shared<Json>(context_of(execution, lane))),
      scope_(scope_with(execution, lane, std::move(input), Json::object(), random)) {
    scope_.context = context_;
}

const Scope& ItemScope::of(std::size_t index, const Value& item) {
    // Items do not stay; the rest of the context does.
    scope_.conversions->forget((*context_)["Map"]);
    (*context_)["Map"] = {{"Item", {{"Index", index}, {"Value", *item}}}};
    scope_.effort = std::make_shared<Effort>(effort_);
    return scope_;
}

Scope token_scope_of(const Execution& execution, const Lane& lane, Value input, Random& random,
                     const std::string& token) {
    Json context = context_of(execution, lane);
    context["Task"] = {{"Token", token}};
    return scope_with(execution, lane, std::move(input), std::move(context), random);
}

Value apply_input_path(const State& state, const Scope& scope) {
    if (state.input_path.nothing) return make_value(Json::object());
    if (!state.input_path.path) return scope.input;
    return make_value(state.input_path.path->require(scope));
}

Value apply_parameters(const Value& parameters, const Value& input, Scope scope) {
    if (parameters == nullptr) return input;
    scope.input = input;
    return make_value(evaluate_template(*parameters, scope));
}

Value apply_result_path(const PathSetting& setting, const Value& raw_input, const Value& result) {
    if (setting.nothing) return raw_input;
    if (!setting.path || setting.path->steps().steps().empty()) return result;
    auto output = setting.path->steps().put(*raw_input, *result);
    if (!output)
        fail("States.ResultPathMatchFailure", "Unable to apply the ResultPath '" +
                                                  setting.path->text() + "' to the input '" +
                                                  to_text(*raw_input) + "'");
    return make_value(*std::move(output));
}

Value apply_output_path(const State& state, const Value& output, Scope scope) {
    if (state.output_path.nothing) return make_value(Json::object());
    if (!state.output_path.path) return output;
    scope.input = output;
    return make_value(state.output_path.path->require(scope));
}

Json evaluate_assign(const Value& assign, const Value& result, Scope scope) {
    if (assign == nullptr) return Json::object();
    scope.input = result;
    return evaluate_template(*assign, scope);
}

std::optional<std::int64_t> resolve_number(const NumberSetting& setting, const Scope& scope) {
    if (!setting.path) return setting.literal;
    const auto found = setting.path->find(scope);
    if (!found)
        fail("States.Runtime", "The " + setting.field + " field refers to '" +
                                   setting.path->text() +
                                   "', which could not be found in the input");
    const bool negative = found->is_number_integer() && is_negative(*found);
    if (negative && setting.field == "MaxConcurrencyPath")
        fail("States.Runtime", "Expected non-negative integer for MaxConcurrency, got '" +
                                   to_text(*found) + "' instead.");
    if (negative && setting.field == "ToleratedFailureCountPath")
        fail("States.Runtime", "ToleratedFailureCount cannot be negative.");
    if (found->is_number_integer() && is_above(*found, kMostNumber))
        fail("States.Runtime", "The " + setting.field + " field refers to value \"" +
                                   shown(*found) + "\" which is more than " +
                                   std::to_string(kMostNumber) + ": " + setting.path->text());
    if (!found->is_number_integer() || negative)
        fail("States.Runtime", "The " + setting.field + " field refers to value \"" +
                                   shown(*found) +
                                   "\" which is not a valid integer: " + setting.path->text());
    return found->get<std::int64_t>();
}

Time wait_until(const State& state, const Scope& scope, Time entered) {
    const WaitTime& wait = state.wait;
    if (wait.seconds.literal) return entered + std::chrono::seconds(*wait.seconds.literal);
    if (wait.seconds.path) {
        const std::string& text = wait.seconds.path->text();
        const auto found = wait.seconds.path->find(scope);
        if (!found)
            fail("States.Runtime",
                 "The SecondsPath parameter does not reference an input value: " + text);
        if (!found->is_number_integer())
            fail("States.Runtime", "The SecondsPath parameter cannot be parsed as a long value: " +
                                       text + " == " + shown(*found));
        if (is_negative(*found))
            fail("States.Runtime", "The SecondsPath parameter references a negative value: " +
                                       text + " == " + shown(*found));
        return entered + std::chrono::seconds(is_above(*found, kMostNumber)
                                                  ? kMostNumber
                                                  : found->get<std::int64_t>());
    }
    if (!wait.timestamp.empty()) return *parse_iso8601(wait.timestamp);
    const std::string& text = wait.timestamp_path->text();
    const auto found = wait.timestamp_path->find(scope);
    if (!found)
        fail("States.Runtime",
             "The TimestampPath parameter does not reference an input value: " + text);
    const auto until = found->is_string() ? parse_iso8601(found->get_ref<const std::string&>())
                                          : std::optional<Time>();
    if (!until)
        fail("States.Runtime",
             "The TimestampPath parameter does not reference a valid ISO-8601 "
             "extended offset date-time format string: " +
                 text + " == " + shown(*found));
    return *until;
}

}  // namespace lifeboat::flow
