// A state machine that has passed validation: everything the interpreter needs, nothing it would
// have to check again. Built by parse_machine (flow/machine_parser.h). Immutable; shared between
// executions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/choice_rule.h"
#include "flow/distributed_map.h"
#include "flow/path.h"
#include "flow/task_resource.h"
#include "flow/value.h"

namespace lifeboat::flow {

enum class StateType { Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map };
std::string_view to_string(StateType type);

// InputPath, OutputPath, ResultPath: a path, or null, which stands for "nothing".
struct PathSetting {
    bool nothing = false;
    std::optional<Path> path;  // absent: "$"
};

struct Retrier {
    std::vector<std::string> errors;
    std::int64_t interval_seconds = 1;
    std::int64_t max_attempts = 3;
    double backoff_rate = 2.0;
    std::optional<std::int64_t> max_delay_seconds;
    bool full_jitter = false;
};

struct Catcher {
    std::vector<std::string> errors;
    PathSetting result_path;
    Value assign;  // may be null
    std::string next;
};

struct ChoiceBranch {
    ChoiceRule rule;
    Value assign;  // may be null
    std::string next;
};

// From 0 to 100, not necessarily whole; given as such or by a path.
struct PercentageSetting {
    std::optional<double> literal;
    std::optional<Path> path;
};

struct WaitTime {
    NumberSetting seconds;
    std::string timestamp;
    std::optional<Path> timestamp_path;
};

// Error and Cause of a Fail state: text, or an expression.
struct FailText {
    std::optional<std::string> text;
    std::optional<std::string> expression;  // ErrorPath, CausePath
};

struct StateList;

struct State {
    std::string name;
    StateType type = StateType::Pass;
    std::string next;  // empty: the branch ends here

    // The fields that may hold JSONata (jsonata_fields.h); null in a state of JSONPath, and then
    // those below that hold paths and templates count.
    Value expressions;

    PathSetting input_path, output_path, result_path;
    Value parameters;       // null when absent; ItemSelector of a Map is item_selector
    Value result_selector;  // null when absent
    Value result;           // Pass; null when absent
    Value assign;           // null when absent
    std::vector<Retrier> retry;
    std::vector<Catcher> catchers;

    TaskResource task;
    std::string role_arn;  // Credentials
    NumberSetting timeout, heartbeat;

    std::vector<ChoiceBranch> choices;
    std::string choice_default;

    WaitTime wait;
    FailText error, cause;

    std::vector<std::shared_ptr<const StateList>> branches;  // Parallel; one for a Map
    std::optional<Path> items_path;
    Value item_selector;  // null when absent
    NumberSetting max_concurrency, tolerated_count;
    PercentageSetting tolerated_percentage;
    std::shared_ptr<const DistributedMap> distributed;  // null: an inline Map
};

struct StateList {
    std::string start_at;
    std::map<std::string, State, std::less<>> states;
};

struct Machine {
    StateList top;
    std::optional<std::int64_t> timeout_seconds;
    std::string comment;
};

}  // namespace lifeboat::flow
