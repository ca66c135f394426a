#include "mover/crew.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "mover/report.h"

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

TEST(Crew, TakesBackAStepThatDidNotHelpAndTriesAgainMuchLater) {
    Crew crew(4);
    EXPECT_EQ(crew.adjust(sample(100)), 8U);
    EXPECT_EQ(crew.adjust(sample(200)), 16U);
    EXPECT_EQ(crew.adjust(sample(205)), 8U);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(crew.adjust(sample(1000)), 8U);
    EXPECT_EQ(crew.adjust(sample(205)), 16U);
    EXPECT_EQ(crew.adjust(sample(205)), 8U);
    // Twice as long the second time.
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(crew.adjust(sample(205)), 8U);
    EXPECT_EQ(crew.adjust(sample(205)), 16U);
    // And now it helps.
    EXPECT_EQ(crew.adjust(sample(400)), 32U);
}

TEST(Crew, DoesNotGrowWhereTheProcessorsAreBusyOrNothingWaits) {
    Crew crew(8);
    EXPECT_EQ(crew.adjust(sample(100, 0.95)), 8U);
    Crew::Sample idle = sample(100);
    idle.work_waits = false;
    EXPECT_EQ(crew.adjust(idle), 8U);
}

TEST(Crew, ShrinksWhenMemoryIsShort) {
    Crew crew(64);
    Crew::Sample tight = sample(1000);
    tight.memory_is_short = true;
    EXPECT_EQ(crew.adjust(tight), 32U);
    // And does not try again at once.
    EXPECT_EQ(crew.adjust(sample(1000)), 32U);
}

TEST(Failures, OnlyWhatTheFileSystemCouldNotDoIsAnOverload) {
    Failures failures;
    failures.add("a", Phase::Transferring, error_from_errno(EACCES, "open"));
    failures.add("b", Phase::Transferring, error_from_errno(EPERM, "set the owner"));
    failures.add("c", Phase::Transferring, error_from_errno(ENOENT, "open"));
    failures.add("d", Phase::Transferring,
                 Error(ErrorCategory::Unavailable, "ChangedWhileRead", "changed"));
    EXPECT_EQ(failures.overloads(), 0U);
    for (const int number : {EIO, ENOMEM, EMFILE, ETIMEDOUT})
        failures.add("e", Phase::Transferring, error_from_errno(number, "read"));
    EXPECT_EQ(failures.overloads(), 4U);
    EXPECT_EQ(failures.total(), 5U);
}

TEST(Crew, ShrinksWhenTheFileSystemFails) {
    Crew crew(64);
    Crew::Sample failing = sample(10);
    failing.overloads = 5;
    EXPECT_EQ(crew.adjust(failing), 32U);
    for (int i = 0; i < 10; ++i)
        crew.adjust(failing);
    EXPECT_EQ(crew.workers(), Crew::kFewest);
}

}  // namespace
}  // namespace lifeboat::mover
