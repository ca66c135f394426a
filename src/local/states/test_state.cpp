#include "local/states/test_state.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/state_trial.h"
#include "local/states/executions.h"

namespace lifeboat::local::states {
namespace {

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "ValidationException", message);
}

flow::Value object_of(const Json& request, const char* member) {
    const auto text = find_string(request, member);
    if (!text) return nullptr;
    Json value = Json::parse(*text, nullptr, false);
    if (!value.is_object())
        refuse("'" + std::string(member) + "' must be the JSON text of an object");
    return flow::make_value(std::move(value));
}

flow::TrialMock mock_of(const Json& mock) {
    flow::TrialMock answer;
    const auto result = find_string(mock, "result");
    const Json* error = lifeboat::find(mock, "errorOutput");
    if (result.has_value() == (error != nullptr))
        refuse("A mock has either a result or an errorOutput");
    if (error != nullptr) {
        answer.error = find_string(*error, "error");
        if (!answer.error) refuse("The errorOutput of a mock must have an error");
        answer.cause = string_or(*error, "cause", "");
        return answer;
    }
    answer.result = flow::make_value(Json::parse(*result, nullptr, false));
    if (answer.result->is_discarded()) refuse("The result of a mock must be JSON text");
    const std::string mode = string_or(mock, "fieldValidationMode", "STRICT");
    answer.checks = mode == "NONE"      ? flow::TrialMock::Checks::None
                    : mode == "PRESENT" ? flow::TrialMock::Checks::Present
                                        : flow::TrialMock::Checks::Strict;
    return answer;
}

}  // namespace

std::vector<Operation> TestState::operations() {
    return {
        blocks("TestState", [this](const Json& request, const Caller&) { return test(request); })};
}

Json TestState::test(const Json& request) {
    flow::TrialRequest trial;
    trial.definition = require_string(request, "definition");
    trial.state = string_or(request, "stateName", "");
    trial.role_arn = string_or(request, "roleArn", "");
    trial.input = execution_input(request);
    trial.variables = object_of(request, "variables");
    trial.context = object_of(request, "context");
    if (const Json* mock = lifeboat::find(request, "mock")) trial.mock = mock_of(*mock);
    if (trial.context != nullptr && !trial.mock) refuse("A context can be given only with a mock");
    if (!trial.mock && trial.role_arn.empty())
        refuse("A role is required to test a state without a mock");
    // Secrets belong to HTTP tasks, which have no place here: there is nothing to reveal.
    if (bool_or(request, "revealSecrets", false) &&
        string_or(request, "inspectionLevel", "INFO") != "TRACE")
        refuse("Secrets can be revealed only at the inspection level TRACE");
    if (const Json* configuration = lifeboat::find(request, "stateConfiguration")) {
        if (!trial.mock) refuse("A stateConfiguration can be given only with a mock");
        trial.retries_taken = integer_or(*configuration, "retrierRetryCount", 0);
        trial.failed_iterations = integer_or(*configuration, "mapIterationFailureCount", 0);
        trial.failing_state = string_or(*configuration, "errorCausedByState", "");
        if (const auto items = find_string(*configuration, "mapItemReaderData")) {
            Json value = Json::parse(*items, nullptr, false);
            if (value.is_discarded()) refuse("'mapItemReaderData' must be JSON text");
            trial.document = flow::make_value(std::move(value));
        }
    }

    const flow::World world{site_.cloud, site_.clock, site_.random, site_.place};
    const flow::TrialOutcome outcome =
        flow::try_state(trial, world, [this](Time until) { sleeper_.sleep_until(until); });
    Json answer = {{"status", outcome.status}};
    if (outcome.output) answer["output"] = *outcome.output;
    if (outcome.error) answer["error"] = *outcome.error;
    if (outcome.cause) answer["cause"] = *outcome.cause;
    if (!outcome.next.empty()) answer["nextState"] = outcome.next;
    if (string_or(request, "inspectionLevel", "INFO") != "INFO")
        answer["inspectionData"] = *outcome.inspection;
    return answer;
}

}  // namespace lifeboat::local::states
