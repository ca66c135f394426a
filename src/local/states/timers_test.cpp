// Waiting executions while the clock is set.
#include <gtest/gtest.h>

#include "base/json.h"
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

}  // namespace
}  // namespace lifeboat::local::states
