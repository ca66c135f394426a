// What a failed branch leaves behind is ended with it: tokens, executions it waits for, map runs.
#include <gtest/gtest.h>

#include "base/json.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

class Released : public testing::StatesFixture {
  protected:
    // Two branches: `other` works, until the activity "stop" is failed.
    std::string beside(const std::string& other, const std::string& more = "") {
        ok("states", "CreateActivity", {{"name", "stop"}});
        return R"({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, )" + more +
               R"("Branches": [{"StartAt": "Stop", "States": {"Stop": {"Type": "Task",
                    "Resource": ")" +
               activity("stop") +
               R"(", "End": true}}}, {"StartAt": "Other", "States": {"Other": )" + other + "}}]}}}";
    }

    static std::string activity(const std::string& name) {
        return "arn:aws:states:us-east-1:000000000000:activity:" + name;
    }

    Json take(const std::string& name) {
        return ok("states", "GetActivityTask", {{"activityArn", activity(name)}});
    }

    void fail(const Json& task) {
        ok("states", "SendTaskFailure", {{"taskToken", task["taskToken"]}, {"error", "Stop"}});
        settle();
    }

    std::string answer(const Json& task) {
        return code_of("states", "SendTaskSuccess",
                       {{"taskToken", task["taskToken"]}, {"output", "1"}});
    }
};

TEST_F(Released, ATokenIsWorthNothingWhileTheParallelIsTriedAgain) {
    ok("states", "CreateActivity", {{"name", "work"}});
    const std::string machine = make(
        "m", beside(R"({"Type": "Task", "End": true, "Resource": ")" + activity("work") + R"("})",
                    R"("Retry": [{"ErrorEquals": ["Stop"], "IntervalSeconds": 600}], )"));
    const std::string execution = start(machine);
    settle();
    const Json late = take("work");
    fail(take("stop"));
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    EXPECT_EQ(answer(late), "TaskTimedOut");
    clock.advance(std::chrono::seconds(600));
    settle();
    // The new round has tokens of its own.
    EXPECT_EQ(answer(take("work")), "");
    EXPECT_EQ(answer(take("stop")), "");
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
}

TEST_F(Released, ATaskNobodyTookIsNotHandedOut) {
    ok("states", "CreateActivity", {{"name", "work"}});
    const std::string execution = start(make(
        "m", beside(R"({"Type": "Task", "End": true, "Resource": ")" + activity("work") + R"("})",
                    R"("Retry": [{"ErrorEquals": ["Stop"], "IntervalSeconds": 600}], )")));
    settle();
    fail(take("stop"));
    clock.advance(std::chrono::seconds(600));
    settle();
    EXPECT_EQ(answer(take("work")), "");
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
}

TEST_F(Released, AnExecutionThatABranchWaitsForIsAborted) {
    const std::string inner = make(
        "inner",
        R"({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9999, "End": true}}})");
    const std::string machine =
        make("m", beside(R"({"Type": "Task", "End": true,
                        "Resource": "arn:aws:states:::states:startExecution.sync:2",
                        "Parameters": {"StateMachineArn": ")" +
                             inner + R"("}})",
                         R"("Retry": [{"ErrorEquals": ["Stop"], "IntervalSeconds": 600}], )"));
    start(machine);
    settle();
    const auto child = [&] {
        return ok("states", "ListExecutions", {{"stateMachineArn", inner}})["executions"][0];
    };
    EXPECT_EQ(child()["status"], "RUNNING");
    fail(take("stop"));
    EXPECT_EQ(child()["status"], "ABORTED");
}

TEST_F(Released, AnExecutionThatAStoppedOneWaitsForIsAborted) {
    const std::string inner = make(
        "inner",
        R"({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9999, "End": true}}})");
    const std::string execution = start(make("m", R"({"StartAt": "A", "States": {"A": {
        "Type": "Task", "End": true, "Resource": "arn:aws:states:::states:startExecution.sync",
        "Parameters": {"StateMachineArn": ")" + inner +
                                                      R"("}}}})"));
    settle();
    ok("states", "StopExecution", {{"executionArn", execution}});
    EXPECT_EQ(
        ok("states", "ListExecutions", {{"stateMachineArn", inner}})["executions"][0]["status"],
        "ABORTED");
}

TEST_F(Released, AMapRunBesideAFailedBranchIsAborted) {
    const std::string execution =
        start(make("m", beside(R"({"Type": "Map", "End": true, "Label": "All", "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "W",
            "States": {"W": {"Type": "Wait", "Seconds": 9999, "End": true}}}})",
                               R"("Parameters": [1, 2],
                       "Retry": [{"ErrorEquals": ["Stop"], "IntervalSeconds": 600}], )")));
    settle();
    fail(take("stop"));
    const Json runs = ok("states", "ListMapRuns", {{"executionArn", execution}})["mapRuns"];
    ASSERT_EQ(runs.size(), 1U);
    const Json run = ok("states", "DescribeMapRun", {{"mapRunArn", runs[0]["mapRunArn"]}});
    EXPECT_EQ(run["status"], "ABORTED");
    EXPECT_EQ(run["executionCounts"]["aborted"], 2);
}

TEST_F(Released, ARedrivenTaskHasANewToken) {
    ok("states", "CreateActivity", {{"name", "work"}});
    const std::string execution = start(make("m", R"({"StartAt": "A", "States": {"A": {
        "Type": "Task", "End": true, "Resource": ")" + activity("work") +
                                                      R"("}}})"));
    settle();
    const Json first = take("work");
    ok("states", "StopExecution", {{"executionArn", execution}});
    ok("states", "RedriveExecution", {{"executionArn", execution}});
    settle();
    EXPECT_EQ(answer(first), "TaskTimedOut");
    EXPECT_EQ(answer(take("work")), "");
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
}

}  // namespace
}  // namespace lifeboat::local::states
