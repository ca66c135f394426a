// Timers: settled once, and no longer than they were however the clock is set.
#include <gtest/gtest.h>

#include "base/json.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;
using namespace std::chrono_literals;

std::string wait(const std::string& fields) {
    return R"({"StartAt": "W", "States": {"W": {"Type": "Wait", "End": true, )" + fields + "}}}";
}

// One advance as after a crash, without moving the clock. The moment it wants to be advanced again,
// or nothing when it has ended.
std::optional<Time> look(MachineRunner& runner) {
    runner.execution = runner.rebuild();
    const Advance result = runner.advance_here();
    return result.finished ? std::nullopt : std::optional(result.due);
}

TEST(Timers, AnExpressionIsEvaluatedOnceAndNotOnEveryLook) {
    MachineRunner runner(wait(
        R"("QueryLanguage": "JSONata", "Seconds": "{% 100 + $floor($random() * 1000000) %}")"));
    runner.start("{}");
    const Time due = *look(runner);
    for (int i = 0; i < 5; ++i) {
        runner.clock.advance(10s);
        EXPECT_EQ(look(runner), due);
    }
    runner.clock.advance(due - runner.clock.now());
    EXPECT_FALSE(look(runner));
    EXPECT_EQ(runner.event_types(),
              (std::vector<std::string>{"ExecutionStarted", "WaitStateEntered", "WaitStateExited",
                                        "ExecutionSucceeded"}));
}

TEST(Timers, AClockSetForwardEndsThem) {
    MachineRunner runner(wait(R"("Seconds": 3600)"));
    runner.start("{}");
    ASSERT_TRUE(look(runner));
    runner.clock.advance(24h);
    EXPECT_FALSE(look(runner));
}

TEST(Timers, AClockSetBackDoesNotMakeThemLonger) {
    MachineRunner runner(wait(R"("Seconds": 3600)"));
    runner.start("{}");
    ASSERT_TRUE(look(runner));
    runner.clock.advance(-24h * 365);
    const Time set = runner.clock.now();
    EXPECT_EQ(look(runner), set + 3600s);
    // Noted, so that it holds after another crash and another look.
    runner.clock.advance(600s);
    EXPECT_EQ(look(runner), set + 3600s);
    runner.clock.advance(3000s);
    EXPECT_FALSE(look(runner));
}

TEST(Timers, AMomentOfTheDefinitionStaysWhereItIs) {
    MachineRunner runner(wait(R"("Timestamp": "2026-01-02T04:00:00Z")"));
    runner.start("{}");
    const Time due = *look(runner);
    EXPECT_EQ(due, *parse_iso8601("2026-01-02T04:00:00Z"));
    runner.clock.advance(-24h);
    EXPECT_EQ(look(runner), due);
}

TEST(Timers, RetriesAndTimeLimitsFollowAClockSetBack) {
    MachineRunner runner(R"({"StartAt": "T", "TimeoutSeconds": 500, "States": {"T": {
        "Type": "Task", "End": true, "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "MaxAttempts": 99,
                   "BackoffRate": 1}]}}})");
    runner.start("{}");  // every call fails
    ASSERT_TRUE(look(runner));
    runner.clock.advance(-24h);
    const Time set = runner.clock.now();
    EXPECT_EQ(look(runner), set + 60s);
    while (const auto due = look(runner))
        runner.clock.advance(std::max<Duration>(*due - runner.clock.now(), 1s));
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::TimedOut);
    EXPECT_EQ(runner.clock.now(), set + 500s);
}

}  // namespace
}  // namespace lifeboat::flow
