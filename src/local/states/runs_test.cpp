// EXPRESS machines and redrives through the API.
#include <gtest/gtest.h>

#include "base/json.h"
#include "cloud/pages.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::states {
namespace {

using namespace std::chrono_literals;

const std::string kRole = "arn:aws:iam::000000000000:role/machine";

class RunsTest : public testing::LocalCloudTest {
  protected:
    std::string make(const std::string& definition, const std::string& type) {
        return ok("states", "CreateStateMachine",
                  {{"name", "m"}, {"definition", definition}, {"roleArn", kRole}, {"type", type}})
            .value("stateMachineArn", "");
    }

    Json describe(const std::string& execution) {
        return ok("states", "DescribeExecution", {{"executionArn", execution}});
    }
};

TEST_F(RunsTest, ASynchronousExecutionAnswersWithItsOutput) {
    const std::string machine = make(
        R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"n.$": "$.n",
            "m.$": "$$.StateMachine.Name"}, "End": true}}})",
        "EXPRESS");
    const Json answer =
        ok("states", "StartSyncExecution",
           {{"stateMachineArn", machine}, {"name", "one"}, {"input", R"({"n":7})"}});
    EXPECT_EQ(answer["status"], "SUCCEEDED");
    EXPECT_EQ(answer["output"], R"({"n":7,"m":"m"})");
    EXPECT_EQ(answer["name"], "one");
    const std::string arn = answer["executionArn"];
    EXPECT_TRUE(arn.starts_with("arn:aws:states:us-east-1:000000000000:express:m:one:"));
    EXPECT_EQ(code_of("states", "DescribeExecution", {{"executionArn", arn}}), "InvalidArn");
    EXPECT_EQ(code_of("states", "ListExecutions", {{"stateMachineArn", machine}}),
              "StateMachineTypeNotSupported");
}

TEST_F(RunsTest, AFailedSynchronousExecutionIsStillAnAnswer) {
    const std::string machine =
        make(R"({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "c"}}})",
             "EXPRESS");
    const Json answer = ok("states", "StartSyncExecution", {{"stateMachineArn", machine}});
    EXPECT_EQ(answer["status"], "FAILED");
    EXPECT_EQ(answer["error"], "E");
    EXPECT_EQ(answer["cause"], "c");
    EXPECT_FALSE(answer.contains("output"));
}

TEST_F(RunsTest, AnAsynchronousExpressExecutionLeavesNothing) {
    ok("sqs", "CreateQueue", {{"QueueName", "q"}});
    const std::string url = ok("sqs", "GetQueueUrl", {{"QueueName", "q"}})["QueueUrl"];
    const std::string machine =
        make(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": ")" +
                 url + R"(", "MessageBody": "done"}}}})",
             "EXPRESS");
    const Json request = {{"stateMachineArn", machine}, {"name", "same"}};
    const Json one = ok("states", "StartExecution", request);
    EXPECT_NE(ok("states", "StartExecution", request)["executionArn"], one["executionArn"]);
    settle();
    EXPECT_EQ(ok("sqs", "GetQueueAttributes",
                 {{"QueueUrl", url},
                  {"AttributeNames",
                   {"ApproximateNumberOfMessages"}}})["Attributes"]["ApproximateNumberOfMessages"],
              "2");
    ok("states", "DeleteStateMachine", {{"stateMachineArn", machine}});
    EXPECT_EQ(code_of("states", "DescribeStateMachine", {{"stateMachineArn", machine}}),
              "StateMachineDoesNotExist");
}

TEST_F(RunsTest, ExpressMachinesDoNotWaitForWhatTheyStart) {
    const std::string waits = R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution.sync",
        "Parameters": {"StateMachineArn": "x"}}}})";
    EXPECT_EQ(
        code_of("states", "CreateStateMachine",
                {{"name", "m"}, {"definition", waits}, {"roleArn", kRole}, {"type", "EXPRESS"}}),
        "InvalidDefinition");
    const Json checked = ok("states", "ValidateStateMachineDefinition",
                            {{"definition", waits}, {"type", "EXPRESS"}});
    EXPECT_EQ(checked["diagnostics"][0]["location"], "/States/A/Resource");
    EXPECT_EQ(ok("states", "ValidateStateMachineDefinition", {{"definition", waits}})["result"],
              "OK");
    const std::string standard =
        make(R"({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})", "STANDARD");
    EXPECT_EQ(code_of("states", "StartSyncExecution", {{"stateMachineArn", standard}}),
              "StateMachineTypeNotSupported");
}

TEST_F(RunsTest, ARedrivenExecutionGoesOnAndSaysSo) {
    // The waits end when the test says so: what is asked in between is not a matter of luck.
    const std::string machine = make(R"({"StartAt": "Before", "States": {
        "Before": {"Type": "Wait", "Seconds": 10, "Next": "Find"},
        "Find": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
            "Parameters": {"QueueName": "late"}, "Next": "After"},
        "After": {"Type": "Wait", "Seconds": 10, "End": true}}})",
                                     "STANDARD");
    const std::string execution =
        ok("states", "StartExecution", {{"stateMachineArn", machine}})["executionArn"];
    EXPECT_EQ(code_of("states", "RedriveExecution", {{"executionArn", execution}}),
              "ExecutionNotRedrivable");
    settle();
    clock.advance(10s);
    settle();
    Json described = describe(execution);
    EXPECT_EQ(described["status"], "FAILED");
    EXPECT_EQ(described["redriveStatus"], "REDRIVABLE");
    EXPECT_EQ(described["redriveCount"], 0);
    EXPECT_FALSE(described.contains("redriveStatusReason"));

    ok("sqs", "CreateQueue", {{"QueueName", "late"}});
    clock.advance(1min);
    const Json request = {{"executionArn", execution}, {"clientToken", "t-1"}};
    const Json answer = ok("states", "RedriveExecution", request);
    EXPECT_EQ(ok("states", "RedriveExecution", request), answer);
    described = describe(execution);
    EXPECT_EQ(described["status"], "RUNNING");
    EXPECT_FALSE(described.contains("error"));
    EXPECT_FALSE(described.contains("stopDate"));
    settle();
    clock.advance(10s);
    settle();
    described = describe(execution);
    EXPECT_EQ(described["status"], "SUCCEEDED");
    EXPECT_EQ(described["redriveCount"], 1);
    EXPECT_EQ(described["redriveDate"], answer["redriveDate"]);
    EXPECT_EQ(described["redriveStatus"], "NOT_REDRIVABLE");
    EXPECT_EQ(described["redriveStatusReason"], "Execution is SUCCEEDED and cannot be redriven");
    const Json events = lifeboat::cloud::all_items(cloud(), "states", "GetExecutionHistory",
                                                   {{"executionArn", execution}});
    EXPECT_EQ(events[8]["type"], "ExecutionRedriven");
    EXPECT_EQ(events[8]["executionRedrivenEventDetails"]["redriveCount"], 1);
    for (const auto& [filter, count] : {std::pair("REDRIVEN", 1U), {"NOT_REDRIVEN", 0U}})
        EXPECT_EQ(ok("states", "ListExecutions",
                     {{"stateMachineArn", machine}, {"redriveFilter", filter}})["executions"]
                      .size(),
                  count);
}

TEST_F(RunsTest, AfterTwoWeeksAnExecutionIsNotRedrivable) {
    const std::string machine =
        make(R"({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})", "STANDARD");
    const std::string execution =
        ok("states", "StartExecution", {{"stateMachineArn", machine}})["executionArn"];
    settle();
    clock.advance(14 * 24h + 1s);
    EXPECT_EQ(describe(execution)["redriveStatusReason"], "Execution redrivable period exceeded");
    EXPECT_EQ(code_of("states", "RedriveExecution", {{"executionArn", execution}}),
              "ExecutionNotRedrivable");
}

TEST_F(RunsTest, AStoppedExecutionIsRedrivenAcrossARestart) {
    const std::string machine =
        make(R"({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": true}}})",
             "STANDARD");
    const std::string execution =
        ok("states", "StartExecution", {{"stateMachineArn", machine}})["executionArn"];
    settle();
    ok("states", "StopExecution",
       {{"executionArn", execution}, {"error", "Enough"}, {"cause", "of this"}});
    EXPECT_EQ(describe(execution)["error"], "Enough");
    ok("states", "RedriveExecution", {{"executionArn", execution}});
    close();
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    clock.advance(61s);
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
}

}  // namespace
}  // namespace lifeboat::local::states
