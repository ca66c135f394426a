// Tasks that somebody outside ends: activities and ".waitForTaskToken".
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

std::string callback_machine(const std::string& more) {
    return R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",)" +
           more + R"( "Parameters": {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}}}})";
}

std::string activity_machine(const std::string& more) {
    return R"({"StartAt": "A", "States": {"A": {"Type": "Task", )" + more + R"(
        "Resource": "arn:aws:states:us-east-1:000000000000:activity:a", "End": true}}})";
}

TEST(TaskToken, ATaskWaitsForItsTokenAndTakesTheOutput) {
    MachineRunner runner(callback_machine(""));
    std::string sent;
    runner.cloud.answer = [&](const std::string&, const std::string&, const Json& request) -> Json {
        sent = Json::parse(request.at("MessageBody").get<std::string>()).at("t");
        return {{"MessageId", "1"}};
    };
    runner.start("{}");
    EXPECT_TRUE(runner.advance_once());
    EXPECT_EQ(runner.journal.back().type, "TaskSubmitted");
    EXPECT_TRUE(runner.resume_once());
    runner.outside.answer = [&](const std::string& token) {
        EXPECT_EQ(token, sent);
        Callback callback;
        callback.output = make_value({{"ok", true}});
        return callback;
    };
    EXPECT_FALSE(runner.resume_once());
    EXPECT_EQ(*runner.execution->output(), Json::parse(R"({"ok": true})"));
    EXPECT_EQ(runner.cloud.calls.size(), 1U);
}

TEST(TaskToken, AnAnswerThatIsNoPayloadFailsTheTask) {
    std::string deep;
    for (int i = 0; i < 250; ++i)
        deep += '[';
    for (int i = 0; i < 250; ++i)
        deep += ']';
    for (const auto& [answer, error] :
         {std::pair(Json(std::string(kLongestPayload + 1, 'x')), "States.DataLimitExceeded"),
          std::pair(Json::parse(deep), "States.Runtime")}) {
        MachineRunner runner(callback_machine(""));
        runner.cloud.answer = [&](const std::string&, const std::string&, const Json&) -> Json {
            return {{"MessageId", answer}};
        };
        runner.start("{}");
        for (int i = 0; i < 20 && runner.resume_once(); ++i) {
        }
        EXPECT_EQ(runner.execution->failure().error, error);
    }
}

TEST(TaskToken, AFailureIsRetriedUnderANewToken) {
    MachineRunner runner(
        callback_machine(R"("Retry": [{"ErrorEquals": ["Mine"], "MaxAttempts": 1}],)"));
    runner.cloud.answer = [](const std::string&, const std::string&, const Json&) {
        return Json::object();
    };
    std::vector<std::string> tokens;
    runner.outside.answer = [&](const std::string& token) {
        tokens.push_back(token);
        Callback callback;
        callback.failed = true;
        callback.error = "Mine";
        return callback;
    };
    const Execution& execution = runner.run("{}");
    EXPECT_EQ(execution.failure().error, "Mine");
    EXPECT_FALSE(execution.failure().cause.has_value());
    ASSERT_EQ(tokens.size(), 2U);
    EXPECT_NE(tokens[0], tokens[1]);
}

TEST(TaskToken, SilenceBeyondTheHeartbeatTimesTheTaskOut) {
    MachineRunner runner(callback_machine(R"("HeartbeatSeconds": 10, "TimeoutSeconds": 600,)"));
    runner.cloud.answer = [](const std::string&, const std::string&, const Json&) {
        return Json::object();
    };
    const Time begin = runner.clock.now();
    // One sign of life after five seconds.
    runner.outside.answer = [&](const std::string&) {
        Callback callback;
        if (runner.clock.now() >= begin + std::chrono::seconds(5))
            callback.beat = begin + std::chrono::seconds(5);
        return callback;
    };
    const Execution& execution = runner.run("{}");
    EXPECT_EQ(execution.failure().error, "States.HeartbeatTimeout");
    EXPECT_EQ(execution.ended_at() - begin, std::chrono::seconds(15));
}

TEST(TaskToken, TheHeartbeatMayBeInTheInput) {
    MachineRunner runner(callback_machine(R"("HeartbeatSecondsPath": "$.beat",)"));
    runner.cloud.answer = [](const std::string&, const std::string&, const Json&) {
        return Json::object();
    };
    runner.outside.answer = [](const std::string&) { return Callback(); };
    const Time begin = runner.clock.now();
    const Execution& execution = runner.run(R"({"beat": 7})");
    EXPECT_EQ(execution.failure().error, "States.HeartbeatTimeout");
    EXPECT_EQ(execution.ended_at() - begin, std::chrono::seconds(7));
}

TEST(Activity, AWorkerTakesTheTaskAndEndsIt) {
    MachineRunner runner(activity_machine(R"("TimeoutSeconds": 100, "HeartbeatSeconds": 10,)"));
    int asked = 0;
    runner.outside.answer = [&](const std::string&) {
        Callback callback;
        ++asked;
        if (asked > 1) {
            callback.worker = "w";
            callback.beat = runner.clock.now();
        }
        if (asked > 2) callback.output = make_value(7);
        return callback;
    };
    const Execution& execution = runner.run(R"({"in": 1})");
    EXPECT_EQ(*execution.output(), Json(7));
    EXPECT_EQ(runner.event_types(),
              (std::vector<std::string>{"ExecutionStarted", "TaskStateEntered", "ActivityScheduled",
                                        "ActivityStarted", "ActivitySucceeded", "TaskStateExited",
                                        "ExecutionSucceeded"}));
}

TEST(Activity, NobodyTakingItTimesItOut) {
    MachineRunner runner(activity_machine(R"("TimeoutSeconds": 100, "HeartbeatSeconds": 10,)"));
    const Execution& execution = runner.run("{}");
    EXPECT_EQ(execution.failure().error, "States.Timeout");
    EXPECT_EQ(execution.ended_at() - execution.started_at(), std::chrono::seconds(100));
}

}  // namespace
}  // namespace lifeboat::flow
