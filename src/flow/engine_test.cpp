#include "flow/engine.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

std::string machine(const std::string& states, const std::string& more = "") {
    return R"({"StartAt": "A", )" + more + R"("States": {)" + states + "}}";
}

const std::string kTask = R"("Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem",
                             "Parameters": {"TableName": "t", "Key.$": "$.key"})";

// Fails the first `failures` calls with `code`.
testing::ScriptedCloud::Answer failing(int failures, const std::string& code) {
    auto left = std::make_shared<int>(failures);
    return [left, code](const std::string&, const std::string&, const Json&) -> Json {
        if ((*left)-- > 0) throw Error(ErrorCategory::InvalidInput, code, "no luck");
        return {{"Item", {{"a", {{"S", "x"}}}}}};
    };
}

double seconds_taken(const Execution& execution) {
    return std::chrono::duration<double>(execution.ended_at() - execution.started_at()).count();
}

TEST(Engine, ATaskIsRecordedBeforeItsCallAndCarriesAToken) {
    MachineRunner runner(machine("\"A\": {" + kTask + R"(, "ResultPath": "$.r", "End": true})"));
    runner.cloud.answer = [&runner](const std::string& service, const std::string& operation,
                                    const Json& request) -> Json {
        EXPECT_EQ(service + ":" + operation, "dynamodb:GetItem");
        EXPECT_EQ(request, Json::parse(R"({"TableName": "t", "Key": {"k": {"S": "1"}}})"));
        EXPECT_EQ(runner.journal.back().type, "TaskStarted");
        return {{"Item", {{"a", {{"S", "x"}}}}}};
    };
    const Execution& execution = runner.run(R"({"key": {"k": {"S": "1"}}})");
    EXPECT_EQ(execution.status(), ExecutionStatus::Succeeded);
    EXPECT_EQ((*execution.output())["r"]["Item"]["a"]["S"], "x");
    EXPECT_EQ((*execution.output())["r"]["SdkHttpMetadata"]["HttpStatusCode"], 200);
    EXPECT_EQ(runner.event_types(),
              (std::vector<std::string>{"ExecutionStarted", "TaskStateEntered", "TaskScheduled",
                                        "TaskStarted", "TaskSucceeded", "TaskStateExited",
                                        "ExecutionSucceeded"}));
    ASSERT_EQ(runner.cloud.calls.size(), 1U);
    EXPECT_EQ(runner.cloud.calls[0].token, "arn:aws:states:us-east-1:000000000000:execution:m:e/3");
}

TEST(Engine, RetriesBackOffUpToTheCapAndCountPerRetrier) {
    MachineRunner runner(machine("\"A\": {" + kTask + R"(, "End": true, "Retry": [
        {"ErrorEquals": ["DynamoDB.OtherException"], "MaxAttempts": 9},
        {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "BackoffRate": 3,
         "MaxAttempts": 4, "MaxDelaySeconds": 10}]})"));
    runner.cloud.answer = failing(4, "ResourceNotFoundException");
    const Execution& execution = runner.run(R"({"key": 1})");
    EXPECT_EQ(execution.status(), ExecutionStatus::Succeeded);
    EXPECT_DOUBLE_EQ(seconds_taken(execution), 2 + 6 + 10 + 10);
    EXPECT_EQ(runner.cloud.calls.size(), 5U);
    for (std::size_t i = 1; i < 5; ++i)
        EXPECT_NE(runner.cloud.calls[i].token, runner.cloud.calls[i - 1].token);

    MachineRunner again(machine("\"A\": {" + kTask + R"(, "End": true, "Retry": [
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "JitterStrategy": "FULL"}]})"));
    again.cloud.answer = failing(99, "ResourceNotFoundException");
    const Execution& jittered = again.run(R"({"key": 1})");
    EXPECT_EQ(jittered.failure().error, "DynamoDB.ResourceNotFoundException");
    EXPECT_LT(seconds_taken(jittered), 700);
    EXPECT_EQ(again.cloud.calls.size(), 4U);
}

TEST(Engine, ACatchKeepsTheInputUnderResultPath) {
    MachineRunner runner(machine("\"A\": {" + kTask + R"(, "End": true, "Catch": [
        {"ErrorEquals": ["DynamoDB.AmazonDynamoDBException"], "ResultPath": "$.error",
         "Assign": {"name.$": "$.Error"}, "Next": "B"}]},
        "B": {"Type": "Pass", "Parameters": {"all.$": "$", "name.$": "$name"}, "End": true})"));
    runner.cloud.answer = failing(1, "ValidationException");
    const Execution& execution = runner.run(R"({"key": 1})");
    ASSERT_EQ(execution.status(), ExecutionStatus::Succeeded);
    EXPECT_EQ((*execution.output())["all"]["key"], 1);
    EXPECT_EQ((*execution.output())["name"], "DynamoDB.AmazonDynamoDBException");
    const std::string cause = (*execution.output())["all"]["error"]["Cause"];
    EXPECT_TRUE(
        cause.starts_with("no luck (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: "
                          "ValidationException; Request ID: "))
        << cause;
}

TEST(Engine, NoCatchSeesARuntimeError) {
    MachineRunner runner(machine("\"A\": {" + kTask + R"(, "End": true, "Catch": [
        {"ErrorEquals": ["States.Runtime"], "Next": "B"}, {"ErrorEquals": ["States.ALL"],
         "Next": "B"}]}, "B": {"Type": "Succeed"})"));
    const Execution& execution = runner.run(R"({"other": 1})");
    EXPECT_EQ(execution.status(), ExecutionStatus::Failed);
    EXPECT_EQ(execution.failure().error, "States.Runtime");
    EXPECT_EQ(execution.failure().cause,
              "An error occurred while executing the state 'A' (entered at the event id #2). The "
              "JSONPath '$.key' specified for the field 'Key.$' could not be found in the input "
              "'{\"other\":1}'");
    EXPECT_TRUE(runner.cloud.calls.empty());
}

TEST(Engine, ResultsAboveTheLimitFailAndStatesAllDoesNotSeeIt) {
    const auto definition = [](const std::string& name) {
        return machine("\"A\": {" + kTask + R"(, "End": true, "Catch": [{"ErrorEquals": [")" +
                       name +
                       R"("], "Next": "B"}]}, "B": {"Type": "Pass", "Result": 1, "End": true})");
    };
    const auto big = [](const std::string&, const std::string&, const Json&) -> Json {
        return {{"Item", std::string(kLongestPayload, 'x')}};
    };
    MachineRunner all(definition("States.ALL"));
    all.cloud.answer = big;
    EXPECT_EQ(all.run(R"({"key": 1})").failure().error, "States.DataLimitExceeded");
    MachineRunner named(definition("States.DataLimitExceeded"));
    named.cloud.answer = big;
    EXPECT_EQ(named.run(R"({"key": 1})").status(), ExecutionStatus::Succeeded);
}

TEST(Engine, AnEndlessLoopEndsAtTheEventLimit) {
    MachineRunner runner(machine(R"("A": {"Type": "Choice", "Default": "A", "Choices": [
        {"Variable": "$.end", "IsPresent": true, "Next": "Z"}]}, "Z": {"Type": "Succeed"})"));
    const Execution& execution = runner.run("{}");
    EXPECT_EQ(execution.failure().error, "States.Runtime");
    EXPECT_EQ(execution.failure().cause,
              "The execution reached the maximum number of history events (25000).");
    EXPECT_EQ(runner.event_types().size(), 25'000U);
    EXPECT_EQ(runner.rebuild()->status(), ExecutionStatus::Failed);
}

TEST(Engine, TimeLimitsEndMachinesAndTasks) {
    MachineRunner runner(machine(R"("A": {"Type": "Wait", "Seconds": 100, "End": true})",
                                 "\"TimeoutSeconds\": 30, "));
    const Execution& execution = runner.run("{}");
    EXPECT_EQ(execution.status(), ExecutionStatus::TimedOut);
    EXPECT_DOUBLE_EQ(seconds_taken(execution), 30);

    MachineRunner slow(
        machine("\"A\": {" + kTask + R"(, "TimeoutSecondsPath": "$.limit", "End": true,
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"},
                  {"ErrorEquals": ["States.Timeout"], "Next": "C"}]},
        "B": {"Type": "Succeed"}, "C": {"Type": "Pass", "Result": "timed out", "End": true})"));
    slow.cloud.answer = [&slow](const std::string&, const std::string&, const Json&) -> Json {
        slow.clock.advance(std::chrono::seconds(6));
        return Json::object();
    };
    EXPECT_EQ(*slow.run(R"({"key": 1, "limit": 5})").output(), "timed out");
}

TEST(Engine, NumbersOfTheInputHaveTheBoundOfThoseInTheDefinition) {
    for (const char* limit : {"100000000", "9223372036854775808", "18446744073709551615"}) {
        MachineRunner task(
            machine("\"A\": {" + kTask + R"(, "TimeoutSecondsPath": "$.limit", "End": true})"));
        task.cloud.answer = [](const std::string&, const std::string&, const Json&) {
            return Json::object();
        };
        const Execution& execution = task.run(R"({"key": 1, "limit": )" + std::string(limit) + "}");
        EXPECT_EQ(execution.failure().error, "States.Runtime");
        EXPECT_NE(execution.failure().cause.value_or("").find(
                      std::string(limit) + "\" which is more than 99999999: $.limit"),
                  std::string::npos)
            << execution.failure().cause.value_or("");
        MachineRunner wait(
            machine(R"("A": {"Type": "Wait", "SecondsPath": "$.limit", "End": true})"));
        EXPECT_DOUBLE_EQ(seconds_taken(wait.run(R"({"limit": )" + std::string(limit) + "}")),
                         99'999'999);
    }
}

TEST(Engine, OneFailedBranchEndsTheOthers) {
    MachineRunner runner(machine(R"("A": {"Type": "Parallel", "ResultPath": "$.r", "Branches": [
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}},
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}],
        "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.error", "Next": "B"}], "End": true},
        "B": {"Type": "Succeed"})"));
    const Execution& execution = runner.run(R"({"in": 1})");
    EXPECT_EQ(*execution.output(),
              Json::parse(R"({"in": 1, "error": {"Error": "E", "Cause": "c"}})"));
    EXPECT_DOUBLE_EQ(seconds_taken(execution), 1);
    EXPECT_EQ(
        runner.event_types(),
        (std::vector<std::string>{
            "ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "WaitStateEntered",
            "FailStateEntered", "WaitStateAborted", "ParallelStateStarted", "WaitStateEntered",
            "FailStateEntered", "WaitStateAborted", "ParallelStateFailed", "ParallelStateExited",
            "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"}));
}

TEST(Engine, AFunctionByItsArnGetsTheInputAndAnswersItsPayload) {
    MachineRunner runner(machine(R"("A": {"Type": "Task", "End": true, "Catch":
        [{"ErrorEquals": ["Boom"], "Next": "B"}],
        "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"},
        "B": {"Type": "Pass", "End": true})"));
    runner.cloud.answer = [](const std::string&, const std::string&, const Json& request) -> Json {
        EXPECT_EQ(request["Payload"], "eyJ4IjoxfQ==");  // {"x":1}
        return {{"StatusCode", 200}, {"Payload", "WzFd"}};
    };
    EXPECT_EQ(*runner.run(R"({"x": 1})").output(), Json({1}));
    EXPECT_EQ(runner.event_types()[2], "LambdaFunctionScheduled");
    runner.cloud.answer = [](const std::string&, const std::string&, const Json&) -> Json {
        return {{"StatusCode", 200},
                {"FunctionError", "Unhandled"},
                {"Payload", "eyJlcnJvclR5cGUiOiJCb29tIn0="}};  // {"errorType":"Boom"}
    };
    EXPECT_EQ((*runner.run(R"({"x": 1})").output())["Error"], "Boom");
}

TEST(Engine, SyncWaitsForTheStartedExecution) {
    MachineRunner runner(machine(R"("A": {"Type": "Task", "End": true, "OutputPath": "$.Output",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "m", "Input": {"a": 1}}})"));
    int polls = 0;
    runner.cloud.answer = [&polls](const std::string&, const std::string& operation,
                                   const Json& request) -> Json {
        if (operation == "StartExecution") {
            EXPECT_EQ(request["input"], "{\"a\":1}");
            return {{"executionArn", "child"}, {"startDate", 1.0}};
        }
        const bool done = ++polls > 2;
        Json answer = {{"executionArn", "child"}, {"status", done ? "SUCCEEDED" : "RUNNING"}};
        if (done) answer["output"] = "{\"b\":2}";
        return answer;
    };
    EXPECT_EQ(*runner.run("{}").output(), (Json{{"b", 2}}));
    EXPECT_EQ(polls, 3);
}

const char* const kEverything = R"~({"StartAt": "P", "States": {
    "P": {"Type": "Pass", "Assign": {"id.$": "States.UUID()"}, "Next": "M"},
    "M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.mapped",
          "ItemSelector": {"n.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
          "ItemProcessor": {"StartAt": "T", "States": {
             "T": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem",
                   "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}],
                   "ResultPath": "$.r", "Next": "W"},
             "W": {"Type": "Wait", "SecondsPath": "$.n", "OutputPath": "$.r.v", "End": true}}},
          "Next": "L"},
    "L": {"Type": "Parallel", "ResultPath": "$.both", "Next": "C",
          "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Pass", "Parameters":
                          {"v.$": "$id"}, "End": true}}},
                       {"StartAt": "Y", "States": {"Y": {"Type": "Wait", "Seconds": 3, "Next": "Z"},
                          "Z": {"Type": "Fail", "Error": "Z"}}}],
          "Catch": [{"ErrorEquals": ["Z"], "ResultPath": "$.caught", "Next": "C"}]},
    "C": {"Type": "Choice", "Choices": [{"Variable": "$.mapped[2]", "NumericEquals": 30,
                                         "Next": "E"}]},
    "E": {"Type": "Pass", "Parameters": {"mapped.$": "$.mapped", "caught.$": "$.caught"},
          "End": true}}})~";

// Answers by what is asked, not by order; fails the first call of each token's item once.
testing::ScriptedCloud::Answer by_request() {
    auto seen = std::make_shared<std::map<std::string, int>>();
    return [seen](const std::string&, const std::string&, const Json& request) -> Json {
        if ((*seen)[to_text(request)]++ == 0 && request["i"] == 1)
            throw Error(ErrorCategory::Throttled, "ThrottlingException", "slow down");
        return {{"v", request["n"].get<int>() * 10}};
    };
}

TEST(Engine, AnExecutionRebuiltAtEveryCommitEndsTheSame) {
    const std::string input = R"({"items": [1, 2, 3, 4]})";
    MachineRunner undisturbed(kEverything);
    undisturbed.cloud.answer = by_request();
    const Execution& whole = undisturbed.run(input);
    ASSERT_EQ(whole.status(), ExecutionStatus::Succeeded) << whole.failure().cause.value_or("");
    const Json expected = *whole.output();
    EXPECT_EQ(expected, Json::parse(R"({"mapped": [10, 20, 30, 40], "caught": {"Error": "Z"}})"));

    // Cut the journal after every record, rebuild, go on: the same end.
    const std::vector<HistoryRecord> journal = undisturbed.journal;
    for (std::size_t kept = 1; kept < journal.size(); ++kept) {
        MachineRunner cut(kEverything);
        cut.cloud.answer = by_request();
        cut.journal.assign(journal.begin(), journal.begin() + static_cast<long>(kept));
        if (journal[kept - 1].at > cut.clock.now())
            cut.clock.advance(journal[kept - 1].at - cut.clock.now());
        for (int i = 0; i < 1000 && cut.resume_once(); ++i) {
        }
        ASSERT_EQ(cut.execution->status(), ExecutionStatus::Succeeded) << "cut after " << kept;
        EXPECT_EQ(*cut.execution->output(), expected) << "cut after " << kept;
        EXPECT_EQ(cut.rebuild()->last_sequence(), cut.execution->last_sequence());
    }
}

TEST(Engine, ACallRepeatedAfterACrashCarriesTheSameToken) {
    MachineRunner runner(machine("\"A\": {" + kTask + R"(, "End": true})"));
    runner.cloud.answer = [](const std::string&, const std::string&, const Json&) -> Json {
        throw Error(ErrorCategory::Cancelled, "Cancelled", "the process is stopping");
    };
    runner.start(R"({"key": 1})");
    EXPECT_THROW(runner.advance_once(), Error);
    runner.cloud.answer = failing(0, "");
    EXPECT_FALSE(runner.resume_once());
    ASSERT_EQ(runner.cloud.calls.size(), 2U);
    EXPECT_EQ(runner.cloud.calls[0].token, runner.cloud.calls[1].token);
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Succeeded);
}

TEST(Engine, AStoppedExecutionIsAborted) {
    MachineRunner runner(machine(R"("A": {"Type": "Wait", "Seconds": 100, "End": true})"));
    runner.start("{}");
    runner.advance_once();
    runner.journal.push_back(aborted_record(runner.execution->last_sequence(),
                                            runner.execution->last_event(), {{"error", "E"}},
                                            runner.clock.now()));
    EXPECT_FALSE(runner.resume_once());
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Aborted);
    EXPECT_EQ(runner.execution->failure().error, "E");
}

}  // namespace
}  // namespace lifeboat::flow
