// What a Task state's Resource names.
//
//     arn:aws:states:::aws-sdk:datasync:createTask     any operation of a service the cloud has
//     arn:aws:states:::dynamodb:updateItem             optimised integrations
//     arn:aws:states:::states:startExecution.sync:2
//     arn:aws:states:::sqs:sendMessage.waitForTaskToken
//     arn:aws:lambda:us-east-1:123456789012:function:f  a function by its own ARN
//     arn:aws:states:us-east-1:123456789012:activity:a  workers that ask for tasks
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::flow {

struct TaskResource {
    enum class Kind { Sdk, Optimised, Function, Activity };
    // Sync and SyncJson (".sync:2") wait for the started execution to end, Callback
    // (".waitForTaskToken") for whoever the task's token was given to.
    enum class Pattern { RequestResponse, Sync, SyncJson, Callback };

    Kind kind = Kind::Sdk;
    Pattern pattern = Pattern::RequestResponse;
    std::string service;        // as Cloud::call names it: "states"
    std::string operation;      // as the API spells it: "StartExecution"
    std::string resource_type;  // as history events show it: "aws-sdk:sfn", "states", "lambda"
    std::string resource;       // "startExecution.sync"
    std::string arn;            // of a function or activity

    // Whether somebody outside ends the task by its token.
    bool has_token() const { return kind == Kind::Activity || pattern == Pattern::Callback; }
};

// Throws Error{InvalidInput, "InvalidResource"} saying what is not known or not offered.
TaskResource parse_task_resource(std::string_view arn);

}  // namespace lifeboat::flow
