// One state by itself, as TestState runs it: with an input, variables and perhaps a mocked answer,
// once, without the states around it.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "flow/engine.h"
#include "flow/value.h"

namespace lifeboat::flow {

// What the work of a Task, Map or Parallel answers instead of being done: a result or an error.
struct TrialMock {
    // How far a result must have the form the service's model gives it.
    enum class Checks {
        Strict,   // and have all members that are required
        Present,  // the members that are there
        None,
    };
    Value result;  // null: an error
    std::optional<std::string> error;
    std::string cause;
    Checks checks = Checks::Strict;
};

struct TrialRequest {
    std::string definition;  // of a state, or of a machine when `state` names one of its states
    std::string state;
    std::string role_arn;
    std::string input;               // JSON text
    Value variables;                 // an object, or null
    Value context;                   // laid over the context object; an object, or null
    std::int64_t retries_taken = 0;  // by the retrier that matches the mocked error
    std::optional<TrialMock> mock;
    // Of a mocked Map: the document its ItemReader read, or null, and how many iterations failed.
    Value document;
    std::int64_t failed_iterations = 0;
    std::string failing_state;  // inside a mocked Map or Parallel; empty: not said
};

struct TrialOutcome {
    std::string status;  // SUCCEEDED, FAILED, RETRIABLE, CAUGHT_ERROR
    std::optional<std::string> output, error, cause;
    std::string next;  // the state that would follow; empty: none
    Value inspection;  // the members of InspectionData that apply
};

inline constexpr auto kLongestTrial = std::chrono::minutes(5);

// Blocks while the state works; `sleep_until` is called where it waits. Throws Error{InvalidInput,
// "InvalidDefinition"} and "ValidationException" for what cannot be tested.
TrialOutcome try_state(const TrialRequest& request, const World& world,
                       const std::function<void(Time)>& sleep_until);

}  // namespace lifeboat::flow
