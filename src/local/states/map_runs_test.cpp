#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

// Children wait a minute, then fail for the item "bad".
std::string definition(const std::string& fields) {
    return R"({"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "All", "End": true,)" +
           fields + R"("ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "W", "States": {
            "W": {"Type": "Wait", "Seconds": 60, "Next": "C"},
            "C": {"Type": "Choice", "Default": "P",
                  "Choices": [{"Variable": "$", "StringEquals": "bad", "Next": "F"}]},
            "F": {"Type": "Fail", "Error": "Bad"},
            "P": {"Type": "Pass", "End": true}}}}}})";
}

class MapRunsTest : public testing::StatesFixture {
  protected:
    std::string run_of(const std::string& execution) {
        const Json runs = ok("states", "ListMapRuns", {{"executionArn", execution}})["mapRuns"];
        return runs.empty() ? "" : runs[0]["mapRunArn"].get<std::string>();
    }
    Json describe_run(const std::string& execution) {
        return ok("states", "DescribeMapRun", {{"mapRunArn", run_of(execution)}});
    }
    void minute() {
        settle();
        clock.advance(std::chrono::seconds(60));
        settle();
    }
};

TEST_F(MapRunsTest, ChildrenRunAsFarAsTheConcurrencyAllows) {
    const std::string execution =
        start(make("m", definition(R"("MaxConcurrency": 2, )")), R"(["a","b","c"])");
    settle();
    EXPECT_EQ(describe_run(execution)["executionCounts"]["running"], 2);
    EXPECT_EQ(describe_run(execution)["executionCounts"]["pending"], 1);
    const Json children =
        ok("states", "ListExecutions", {{"mapRunArn", run_of(execution)}})["executions"];
    ASSERT_EQ(children.size(), 2U);
    EXPECT_EQ(children[0]["stateMachineArn"],
              "arn:aws:states:us-east-1:000000000000:stateMachine:m/All");
    EXPECT_EQ(describe(children[0]["executionArn"])["mapRunArn"], run_of(execution));
    minute();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    close();
    minute();
    EXPECT_EQ(describe(execution)["output"], R"(["a","b","c"])");
    EXPECT_EQ(describe_run(execution)["status"], "SUCCEEDED");
    EXPECT_EQ(describe_run(execution)["itemCounts"]["succeeded"], 3);
    EXPECT_EQ(describe_run(execution)["itemCounts"]["resultsWritten"], 0);
}

TEST_F(MapRunsTest, TooManyFailuresEndTheRunAndAbortWhatRuns) {
    const std::string execution =
        start(make("m", definition(R"("ToleratedFailureCount": 0, "MaxConcurrency": 1, )")),
              R"(["bad","b"])");
    minute();
    EXPECT_EQ(describe(execution)["status"], "FAILED");
    EXPECT_EQ(describe(execution)["error"], "States.ExceedToleratedFailureThreshold");
    const Json run = describe_run(execution);
    EXPECT_EQ(run["status"], "FAILED");
    EXPECT_EQ(run["executionCounts"]["failed"], 1);
    EXPECT_EQ(run["executionCounts"]["pending"], 1);
}

TEST_F(MapRunsTest, BoundsCanBeRaisedWhileItRuns) {
    const std::string execution =
        start(make("m", definition(R"("MaxConcurrency": 1, )")), R"(["bad","b"])");
    settle();
    ok("states", "UpdateMapRun",
       {{"mapRunArn", run_of(execution)}, {"maxConcurrency", 2}, {"toleratedFailureCount", 1}});
    settle();
    EXPECT_EQ(describe_run(execution)["executionCounts"]["running"], 2);
    minute();
    EXPECT_EQ(describe(execution)["output"], R"([{"Error":"Bad"},"b"])");
    EXPECT_EQ(code_of("states", "UpdateMapRun", {{"mapRunArn", run_of(execution)}}),
              "ValidationException");
}

TEST_F(MapRunsTest, WhoeverWaitsForAnExecutionGoesOnAtItsEnd) {
    const std::string inner = make("inner", R"({"StartAt": "W", "States": {
        "W": {"Type": "Wait", "Seconds": 100, "End": true}}})");
    const std::string execution =
        start(make("outer", R"({"StartAt": "S", "States": {"S": {"Type": "Task", "End": true,
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "OutputPath": "$.Output",
            "Parameters": {"StateMachineArn": ")" +
                                inner + R"(", "Input": {"a": 1}}}}})"));
    settle();
    clock.advance(std::chrono::seconds(100));
    settle();
    EXPECT_EQ(describe(execution)["output"], R"({"a":1})");
}

TEST_F(MapRunsTest, StoppingTheParentAbortsTheChildren) {
    const std::string execution = start(make("m", definition("")), R"(["a","b"])");
    settle();
    ok("states", "StopExecution", {{"executionArn", execution}});
    settle();
    const Json run = describe_run(execution);
    EXPECT_EQ(run["status"], "ABORTED");
    EXPECT_EQ(run["executionCounts"]["aborted"], 2);
}

TEST_F(MapRunsTest, ARunEndsTheSameWhereverTheProcessWasKilled) {
    const std::string machine = make("m", definition(R"("MaxConcurrency": 2, )"));
    int kills = 0;
    for (const std::string point :
         {"states.started", "states.before-map-run", "states.after-map-run",
          "states.before-children", "states.after-children", "states.before-commit",
          "states.after-commit", "states.before-end"})
        for (const int nth : {1, 2, 4, 7}) {
            const std::string script = point + ":" + std::to_string(nth) + "=kill";
            SCOPED_TRACE(script);
            close();  // so that nothing runs before the script is there
            const std::string execution = start(machine, R"(["a","b","c"])");
            for (int round = 0; round < 3; ++round) {
                kills += killed_at(script) ? 1 : 0;
                settle();
                close();
                clock.advance(std::chrono::seconds(60));
            }
            settle();
            EXPECT_EQ(describe(execution)["output"], R"(["a","b","c"])");
            EXPECT_EQ(event_types(execution).size(), 8U);
            EXPECT_EQ(ok("states", "ListMapRuns", {{"executionArn", execution}})["mapRuns"].size(),
                      1U);
            EXPECT_EQ(
                ok("states", "ListExecutions", {{"mapRunArn", run_of(execution)}})["executions"]
                    .size(),
                3U);
        }
    EXPECT_GE(kills, 16);
}

TEST_F(MapRunsTest, ARedriveRunsOnlyWhatFailed) {
    const std::string execution =
        start(make("m", R"({"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "All",
            "End": true, "MaxConcurrency": 1, "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "G", "States": {"G": {"Type": "Task", "End": true,
                    "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
                    "Parameters": {"QueueName.$": "$"}}}}}}})"),
              R"(["there","later"])");
    ok("sqs", "CreateQueue", {{"QueueName", "there"}});
    settle();
    EXPECT_EQ(describe(execution)["status"], "FAILED");
    const std::string run = run_of(execution);
    const auto children = [&] {
        return ok("states", "ListExecutions", {{"mapRunArn", run}})["executions"];
    };
    const Json before = children();
    ASSERT_EQ(before.size(), 2U);
    const std::string failed = before[1]["executionArn"];
    EXPECT_EQ(describe(failed)["redriveStatus"], "REDRIVABLE_BY_MAP_RUN");
    EXPECT_EQ(code_of("states", "RedriveExecution", {{"executionArn", failed}}),
              "ExecutionNotRedrivable");

    ok("sqs", "CreateQueue", {{"QueueName", "later"}});
    ok("states", "RedriveExecution", {{"executionArn", execution}});
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED") << to_text(describe(execution));
    const Json after = children();
    EXPECT_EQ(after[0]["redriveCount"], 0);
    EXPECT_EQ(after[1]["redriveCount"], 1);
    EXPECT_EQ(after[1]["executionArn"], failed);
    EXPECT_EQ(run_of(execution), run);
    const Json described = describe_run(execution);
    EXPECT_EQ(described["redriveCount"], 1);
    EXPECT_EQ(described["status"], "SUCCEEDED");
    EXPECT_EQ(described["executionCounts"]["succeeded"], 2);
    EXPECT_EQ(described["executionCounts"]["pendingRedrive"], 0);
    const auto types = event_types(execution);
    EXPECT_EQ(std::ranges::count(types, "MapRunStarted"), 1);
    EXPECT_EQ(std::ranges::count(types, "MapRunRedriven"), 1);
}

std::string express(const std::string& states) {
    return R"({"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "All", "End": true,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "A", "States": {)" +
           states + "}}}}}";
}

TEST_F(MapRunsTest, ChildrenOfTheTypeExpressKeepNoHistoryAndAreNotListed) {
    const std::string machine =
        make("m", express(R"("A": {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id"},
                                   "End": true})"));
    const std::string execution = start(machine, "[1,2]");
    settle();
    const Json end = describe(execution);
    ASSERT_EQ(end["status"], "SUCCEEDED") << to_text(end);
    const Json output = Json::parse(end["output"].get<std::string>());
    ASSERT_EQ(output.size(), 2U);
    const std::string child = output[0]["id"];
    EXPECT_TRUE(child.starts_with("arn:aws:states:us-east-1:000000000000:express:m/All:"));
    EXPECT_EQ(code_of("states", "DescribeExecution", {{"executionArn", child}}), "InvalidArn");
    EXPECT_EQ(code_of("states", "ListExecutions", {{"mapRunArn", run_of(execution)}}),
              "ValidationException");
    EXPECT_EQ(describe_run(execution)["executionCounts"]["succeeded"], 2);
}

TEST_F(MapRunsTest, ChildrenOfTheTypeExpressEndAfterFiveMinutes) {
    const std::string execution =
        start(make("m", express(R"("A": {"Type": "Wait", "Seconds": 301, "End": true})")), "[1]");
    for (int i = 0; i < 6; ++i)
        minute();
    EXPECT_EQ(describe(execution)["error"], "States.ExceedToleratedFailureThreshold");
    EXPECT_EQ(describe_run(execution)["executionCounts"]["timedOut"], 1);
    ok("states", "RedriveExecution", {{"executionArn", execution}});
    settle();
    EXPECT_EQ(describe_run(execution)["executionCounts"]["running"], 1);
}

TEST_F(MapRunsTest, ChildrenOfTheTypeExpressDoNotWaitForWhatTheyStart) {
    EXPECT_EQ(
        code_of("states", "CreateStateMachine",
                {{"name", "m"},
                 {"roleArn", "arn:aws:iam::000000000000:role/machine"},
                 {"definition", express(R"("A": {"Type": "Task", "End": true, "Parameters": {},
                            "Resource": "arn:aws:states:::states:startExecution.sync"})")}}),
        "InvalidDefinition");
    EXPECT_NE(last_message.find("/States/M/ItemProcessor/States/A/Resource"), std::string::npos)
        << last_message;
}

}  // namespace
}  // namespace lifeboat::local::states
