#include "mover/crew.h"

#include <gtest/gtest.h>

namespace lifeboat::mover {
namespace {

Crew::Sample sample(std::uint64_t done, double processors_used = 0.1) {
    return {std::chrono::milliseconds(100), processors_used, done, 0, true};
}

TEST(Crew, GrowsWhileThatHelps) {
    Crew crew(4);
    std::uint64_t done = 100;
    for (int i = 0; i < 20; ++i, done *= 2)
        crew.adjust(sample(done));
    EXPECT_EQ(crew.workers(), Crew::kMost);
}

TEST(Crew, TakesBackAStepThatDidNotHelpAndStays) {
    Crew crew(4);
    EXPECT_EQ(crew.adjust(sample(100)), 8U);
    EXPECT_EQ(crew.adjust(sample(200)), 16U);
    EXPECT_EQ(crew.adjust(sample(205)), 8U);
    EXPECT_EQ(crew.adjust(sample(1000)), 8U);
}

TEST(Crew, DoesNotGrowWhereTheProcessorsAreBusyOrNothingWaits) {
    Crew crew(8);
    EXPECT_EQ(crew.adjust(sample(100, 0.95)), 8U);
    Crew::Sample idle = sample(100);
    idle.work_waits = false;
    EXPECT_EQ(crew.adjust(idle), 8U);
}

TEST(Crew, ShrinksWhenFilesFail) {
    Crew crew(64);
    Crew::Sample failing = sample(10);
    failing.failures = 5;
    EXPECT_EQ(crew.adjust(failing), 32U);
    for (int i = 0; i < 10; ++i)
        crew.adjust(failing);
    EXPECT_EQ(crew.workers(), Crew::kFewest);
}

}  // namespace
}  // namespace lifeboat::mover
