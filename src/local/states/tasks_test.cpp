#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

class TasksTest : public testing::StatesFixture {
  protected:
    std::string make_activity() {
        return ok("states", "CreateActivity", {{"name", "work"}}).value("activityArn", "");
    }
    std::string machine_with(const std::string& activity) {
        return make("m", R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
            "TimeoutSeconds": 600, "HeartbeatSeconds": 60, "Resource": ")" +
                             activity + "\"}}}");
    }
    std::string take(const std::string& activity) {
        settle();
        return ok("states", "GetActivityTask", {{"activityArn", activity}, {"workerName", "w"}})
            .value("taskToken", "");
    }
};

TEST_F(TasksTest, WhatActivitiesLackIsRefusedByName) {
    EXPECT_EQ(code_of("states", "CreateActivity",
                      {{"name", "work"},
                       {"encryptionConfiguration", {{"type", "CUSTOMER_MANAGED_KMS_KEY"}}}}),
              "ValidationException");
    EXPECT_TRUE(ok("states", "ListActivities", Json::object()).at("activities").empty());
}

TEST_F(TasksTest, ActivitiesHaveTags) {
    const auto tag = [](const std::string& key, const std::string& value) {
        return Json{{"key", key}, {"value", value}};
    };
    const std::string arn = ok("states", "CreateActivity",
                               {{"name", "work"}, {"tags", Json::array({tag("team", "a")})}})
                                .value("activityArn", "");
    const auto tags = [&] {
        return ok("states", "ListTagsForResource", {{"resourceArn", arn}})["tags"];
    };
    EXPECT_EQ(tags(), Json::array({tag("team", "a")}));
    ok("states", "TagResource",
       {{"resourceArn", arn}, {"tags", Json::array({tag("team", "b"), tag("x", "1")})}});
    EXPECT_EQ(tags(), Json::array({tag("team", "b"), tag("x", "1")}));
    ok("states", "UntagResource", {{"resourceArn", arn}, {"tagKeys", {"team"}}});
    EXPECT_EQ(tags(), Json::array({tag("x", "1")}));
    Json many = Json::array();
    for (int i = 0; i < 50; ++i)
        many.push_back(tag("k" + std::to_string(i), ""));
    EXPECT_EQ(code_of("states", "TagResource", {{"resourceArn", arn}, {"tags", many}}),
              "TooManyTags");
    ok("states", "DeleteActivity", {{"activityArn", arn}});
    EXPECT_EQ(code_of("states", "ListTagsForResource", {{"resourceArn", arn}}), "ResourceNotFound");
    EXPECT_EQ(code_of("states", "ListTagsForResource",
                      {{"resourceArn", "arn:aws:states:us-east-1:000000000000:execution:m:e"}}),
              "InvalidArn");
}

TEST_F(TasksTest, AnActivityIsMadeOnceAndListed) {
    const std::string arn = make_activity();
    EXPECT_EQ(arn, "arn:aws:states:us-east-1:000000000000:activity:work");
    EXPECT_EQ(make_activity(), arn);
    EXPECT_EQ(ok("states", "DescribeActivity", {{"activityArn", arn}})["name"], "work");
    EXPECT_EQ(ok("states", "ListActivities", Json::object())["activities"].size(), 1U);
    ok("states", "DeleteActivity", {{"activityArn", arn}});
    EXPECT_EQ(code_of("states", "DescribeActivity", {{"activityArn", arn}}),
              "ActivityDoesNotExist");
    EXPECT_EQ(code_of("states", "GetActivityTask", {{"activityArn", arn}}), "ActivityDoesNotExist");
}

TEST_F(TasksTest, AWorkerTakesATaskAndItsOutputIsTheResult) {
    const std::string activity = make_activity();
    const std::string execution = start(machine_with(activity), R"({"n":1})");
    settle();
    const Json task =
        ok("states", "GetActivityTask", {{"activityArn", activity}, {"workerName", "w"}});
    EXPECT_EQ(task["input"], R"({"n":1})");
    const std::string token = task["taskToken"];
    EXPECT_EQ(code_of("states", "SendTaskSuccess", {{"taskToken", token}, {"output", "{"}}),
              "InvalidOutput");
    ok("states", "SendTaskSuccess", {{"taskToken", token}, {"output", "[2]"}});
    settle();
    EXPECT_EQ(describe(execution)["output"], "[2]");
    EXPECT_EQ(code_of("states", "SendTaskSuccess", {{"taskToken", token}, {"output", "1"}}),
              "TaskTimedOut");
    const Json history =
        ok("states", "GetExecutionHistory", {{"executionArn", execution}})["events"];
    EXPECT_EQ(history[2]["activityScheduledEventDetails"]["heartbeatInSeconds"], 60);
    EXPECT_EQ(history[3]["activityStartedEventDetails"]["workerName"], "w");
    EXPECT_EQ(history[4]["type"], "ActivitySucceeded");
}

TEST_F(TasksTest, TokensThatAreNoneAreRefused) {
    EXPECT_EQ(code_of("states", "SendTaskHeartbeat", {{"taskToken", "nonsense"}}), "InvalidToken");
    EXPECT_EQ(code_of("states", "SendTaskFailure",
                      {{"taskToken", "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAw"}}),
              "TaskDoesNotExist");
}

TEST_F(TasksTest, HeartbeatsKeepATaskAliveAndSilenceEndsItAcrossRestarts) {
    const std::string activity = make_activity();
    const std::string execution = start(machine_with(activity));
    const std::string token = take(activity);
    settle();
    for (int i = 0; i < 3; ++i) {
        clock.advance(std::chrono::seconds(50));
        ok("states", "SendTaskHeartbeat", {{"taskToken", token}});
        settle();
    }
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    close();
    clock.advance(std::chrono::seconds(61));
    settle();
    EXPECT_EQ(describe(execution)["status"], "FAILED");
    EXPECT_EQ(describe(execution)["error"], "States.HeartbeatTimeout");
    EXPECT_EQ(code_of("states", "SendTaskHeartbeat", {{"taskToken", token}}), "TaskTimedOut");
}

TEST_F(TasksTest, ATokenGivenToAQueueEndsItsTask) {
    const std::string queue = ok("sqs", "CreateQueue", {{"QueueName", "q"}}).value("QueueUrl", "");
    const std::string machine = make("m", R"({"StartAt": "A", "States": {"A": {"Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": {"QueueUrl.$": "$.queue", "MessageBody": {"token.$": "$$.Task.Token"}},
        "Catch": [{"ErrorEquals": ["Mine"], "Next": "B"}]}, "B": {"Type": "Succeed"}}})");
    const std::string execution = start(machine, to_text(Json{{"queue", queue}}));
    settle();
    const Json message = ok("sqs", "ReceiveMessage", {{"QueueUrl", queue}})["Messages"][0];
    const std::string token = Json::parse(message["Body"].get<std::string>())["token"];
    ok("states", "SendTaskFailure", {{"taskToken", token}, {"error", "Mine"}, {"cause", "c"}});
    settle();
    EXPECT_EQ(describe(execution)["output"], R"({"Error":"Mine","Cause":"c"})");
}

TEST_F(TasksTest, StoppingAnExecutionClosesItsTasks) {
    const std::string activity = make_activity();
    const std::string execution = start(machine_with(activity));
    const std::string token = take(activity);
    ok("states", "StopExecution", {{"executionArn", execution}});
    EXPECT_EQ(code_of("states", "SendTaskSuccess", {{"taskToken", token}, {"output", "1"}}),
              "TaskTimedOut");
}

TEST_F(TasksTest, AnOutcomeIsNotLostWhereverTheProcessIsKilled) {
    int kills = 0;
    const std::string activity = make_activity();
    const std::string machine = machine_with(activity);
    for (const std::string point :
         {"states.started", "states.before-commit", "states.after-commit", "states.before-end"})
        for (int nth = 1; nth <= 2; ++nth) {
            const std::string script = point + ":" + std::to_string(nth) + "=kill";
            SCOPED_TRACE(script);
            close();  // so that nothing runs before the script is there
            const std::string execution = start(machine);
            bool killed = killed_at(script);
            const std::string token = take(activity);
            close();
            ok("states", "SendTaskSuccess", {{"taskToken", token}, {"output", "7"}});
            killed |= killed_at(script);
            settle();
            EXPECT_EQ(describe(execution)["output"], "7");
            EXPECT_EQ(event_types(execution).size(), 7U);
            kills += killed ? 1 : 0;
        }
    EXPECT_GE(kills, 4);
}

}  // namespace
}  // namespace lifeboat::local::states
