#include "local/datasync/schedules.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

using testing::DataSyncTest;

TEST_F(DataSyncTest, ASchedulesTaskStartsByItself) {
    write(home("200000") / "a", "1");
    const std::string arn = task(recovery_options());
    const Json hourly = {{"ScheduleExpression", "rate(1 hour)"}, {"Status", "ENABLED"}};
    ok("UpdateTask", {{"TaskArn", arn}, {"Schedule", hourly}});
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Schedule"], hourly);
    settle();
    const auto runs = [&] {
        return ok("ListTaskExecutions", {{"TaskArn", arn}})["TaskExecutions"].size();
    };
    EXPECT_EQ(runs(), 0U);
    for (std::size_t hour = 1; hour <= 2; ++hour) {
        clock_.advance(std::chrono::minutes(61));
        ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
        EXPECT_EQ(runs(), hour);
    }
    EXPECT_EQ(read(home("200005") / "a"), "1");
    ok("UpdateTask",
       {{"TaskArn", arn},
        {"Schedule", {{"ScheduleExpression", "rate(1 hour)"}, {"Status", "DISABLED"}}}});
    clock_.advance(std::chrono::hours(5));
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(runs(), 2U);
    ok("UpdateTask", {{"TaskArn", arn}, {"Schedule", hourly}});
    ok("DeleteTask", {{"TaskArn", arn}});
    clock_.advance(std::chrono::hours(5));
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
}

}  // namespace
}  // namespace lifeboat::local
