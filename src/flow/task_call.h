// Makes the call a Task state stands for and puts its outcome into the words of Step Functions:
// member spelling, error names and causes of `aws-sdk:` tasks, optimised integrations and
// functions.
#pragma once

#include <string>

#include "flow/engine.h"
#include "flow/task_resource.h"
#include "flow/value.h"

namespace lifeboat::flow {

struct TaskOutcome {
    enum class Kind { Succeeded, Failed, Running };
    Kind kind = Kind::Succeeded;
    Value output;  // of a task that succeeded or (".sync") was submitted
    std::string error, cause;
};

// Blocks until the service has answered. Only Error{Cancelled} comes through; every other error is
// the task's failure.
TaskOutcome call_task(const World& world, const TaskResource& task, const Json& parameters,
                      const std::string& token);

// Asks for the end of what a ".sync" task started; `submitted` is the output of its start.
TaskOutcome poll_task(const World& world, const TaskResource& task, const Json& submitted);

// "DynamoDB" -> "DynamoDb", "SFN" -> "Sfn": the service's part of an aws-sdk error name.
std::string sdk_service_name(std::string_view service_id);

}  // namespace lifeboat::flow
