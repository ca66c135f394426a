#include "bucket/byte_budget.h"

#include <gtest/gtest.h>

#include <future>

namespace lifeboat::bucket {
namespace {

TEST(ByteBudget, AStopEndsTheWaiting) {
    ByteBudget budget(10);
    std::stop_source stop;
    const ByteBudget::Share held(budget, 8, stop.get_token());
    auto waiting = std::async(std::launch::async,
                              [&] { const ByteBudget::Share more(budget, 8, stop.get_token()); });
    stop.request_stop();
    try {
        waiting.get();
        FAIL() << "there was no room";
    } catch (const Error& error) {
        EXPECT_EQ(error.category(), ErrorCategory::Cancelled);
    }
    // What was refused holds nothing.
    const ByteBudget::Share fits(budget, 2, std::stop_token());
}

TEST(ByteBudget, GivesMoreThanThereIsToOneAtATime) {
    ByteBudget budget(10);
    { const ByteBudget::Share all(budget, 20, std::stop_token()); }
    const ByteBudget::Share again(budget, 20, std::stop_token());
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_THROW(ByteBudget::Share(budget, 1, stopped.get_token()), Error);
}

}  // namespace
}  // namespace lifeboat::bucket
