// Waiting executions while the clock is set.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/json.h"
#include "local/states/sleeper.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

class TimersTest : public testing::StatesFixture {};

TEST_F(TimersTest, WaitsSurviveAClockSetBackWhileNothingRan) {
    const std::string execution = start(make(
        "m",
        R"({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}})"));
    settle();
    close();
    clock.advance(-std::chrono::hours(1000));
    settle();
    clock.advance(std::chrono::seconds(100));
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
}

// A state that ends after `kSeconds` by a timer of each kind, and how.
struct Case {
    const char* name;
    const char* state;
    const char* error;  // "" when the execution succeeds
};
constexpr std::chrono::seconds kSeconds{100};
const Case kCases[] = {
    {"wait", R"("Type": "Wait", "Seconds": 100, "End": true)", ""},
    {"jsonata", R"("Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 99 + 1 %}",
        "End": true)",
     ""},
    {"retry", R"("Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
        "Parameters": {"QueueName": "none"}, "End": true, "Retry": [{"ErrorEquals":
        ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 1}])",
     "Sqs.QueueDoesNotExistException"},
    {"timeout", R"("Type": "Task", "Resource": "ACTIVITY", "TimeoutSeconds": 100, "End": true)",
     "States.Timeout"},
    {"branches", R"("Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}},
        {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}])",
     ""},
};

class SetClockTest : public TimersTest, public ::testing::WithParamInterface<Case> {
  protected:
    std::string begin() {
        const std::string activity =
            ok("states", "CreateActivity", {{"name", "work"}}).value("activityArn", "");
        std::string state = GetParam().state;
        if (const auto at = state.find("ACTIVITY"); at != std::string::npos)
            state.replace(at, 8, activity);
        const std::string execution =
            start(make("m", R"({"StartAt": "S", "States": {"S": {)" + state + "}}}"));
        settle();
        EXPECT_EQ(describe(execution)["status"], "RUNNING");
        return execution;
    }
    void expect_end(const std::string& execution) {
        const Json end = describe(execution);
        if (*GetParam().error == '\0')
            EXPECT_EQ(end["status"], "SUCCEEDED") << end;
        else
            EXPECT_EQ(end.value("error", ""), GetParam().error) << end;
    }
};

TEST_P(SetClockTest, BackwardTheTimerLastsItsLengthFromThenOn) {
    const std::string execution = begin();
    clock.advance(-std::chrono::hours(24 * 365));
    settle();
    clock.advance(kSeconds - std::chrono::seconds(1));
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    clock.advance(std::chrono::seconds(1));
    settle();
    expect_end(execution);
}

TEST_P(SetClockTest, BackwardAgainAndAgainItStillEnds) {
    const std::string execution = begin();
    for (int i = 0; i < 5; ++i) {
        clock.advance(std::chrono::seconds(10));
        settle();
        clock.advance(-std::chrono::minutes(10));
        settle();
        EXPECT_EQ(describe(execution)["status"], "RUNNING");
    }
    clock.advance(kSeconds);
    settle();
    expect_end(execution);
}

TEST_P(SetClockTest, ForwardWhatBecameDueRuns) {
    const std::string execution = begin();
    clock.advance(std::chrono::hours(24 * 365));
    settle();
    expect_end(execution);
}

INSTANTIATE_TEST_SUITE_P(Timers, SetClockTest, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_F(TimersTest, AHeartbeatFollowsAClockThatIsSetBack) {
    const std::string activity =
        ok("states", "CreateActivity", {{"name", "work"}}).value("activityArn", "");
    const std::string execution =
        start(make("m", R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
            "TimeoutSeconds": 5000, "HeartbeatSeconds": 60, "Resource": ")" +
                            activity + "\"}}}"));
    settle();
    const Json task = ok("states", "GetActivityTask", {{"activityArn", activity}});
    settle();
    clock.advance(-std::chrono::hours(3));
    settle();
    clock.advance(std::chrono::seconds(59));
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    ok("states", "SendTaskHeartbeat", {{"taskToken", task["taskToken"]}});
    clock.advance(std::chrono::seconds(59));
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    clock.advance(std::chrono::seconds(1));
    settle();
    EXPECT_EQ(describe(execution).value("error", ""), "States.HeartbeatTimeout");
}

TEST_F(TimersTest, AMomentThatADefinitionNamesStaysWhereItIs) {
    const std::string execution = start(make("m", R"({"StartAt": "W", "States": {"W": {
        "Type": "Wait", "Timestamp": "2026-01-02T10:18:24Z", "End": true}}})"));
    settle();
    clock.advance(-std::chrono::hours(2));
    settle();
    clock.advance(std::chrono::hours(2));
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    clock.advance(std::chrono::hours(1));
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
}

// Who waits within a call, while the clock is set back until it has come back.
TEST_F(TimersTest, CallsThatWaitComeBackWhenTheClockIsSetBack) {
    const std::string activity =
        ok("states", "CreateActivity", {{"name", "work"}}).value("activityArn", "");
    settle();
    const auto comes_back = [&](const std::function<void()>& wait) {
        std::atomic<bool> is_back = false;
        std::thread waiting([&] {
            wait();
            is_back = true;
        });
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!is_back && std::chrono::steady_clock::now() < give_up) {
            clock.advance(-std::chrono::seconds(10));
            std::this_thread::yield();
        }
        EXPECT_TRUE(is_back);
        if (!is_back) clock.advance(std::chrono::hours(24 * 365 * 100));  // let the test end
        waiting.join();
    };
    comes_back([&] {
        EXPECT_EQ(ok("states", "GetActivityTask", {{"activityArn", activity}}), Json::object());
    });
    Sleeper sleeper(clock);
    comes_back([&] { sleeper.sleep_until(clock.now() + std::chrono::hours(1)); });
}

}  // namespace
}  // namespace lifeboat::local::states
