#include "local/jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

class JobsTest : public ::testing::Test {
  protected:
    JobsTest() { open(); }
    void open() {
        jobs.reset();
        database.reset();
        database = std::make_unique<Database>(directory.path() / "db");
        jobs = std::make_unique<Jobs>(*database, clock, random);
    }
    void enqueue(std::string_view key, Duration in = 0s, const Json& payload = Json::object()) {
        database->write(
            [&](Transaction& tx) { jobs->enqueue(tx, "kind", key, payload, clock.now() + in); });
    }
    std::int64_t rows() {
        return database->read([](Transaction& tx) {
            return *tx.one("SELECT count(*) FROM job", {},
                           [](const Row& r) { return r.integer(0); });
        });
    }
    os::testing::TemporaryDirectory directory;
    lifeboat::testing::ManualClock clock{Time(1000000s)};
    SeededRandom random{1};
    std::unique_ptr<Database> database;
    std::unique_ptr<Jobs> jobs;
};

TEST_F(JobsTest, AClockThatIsSetChangesNothingAboutHowLongAJobWaits) {
    std::atomic<int> runs = 0, followed = 0;
    jobs->handle("kind", [&](const Job&) {
        ++runs;
        return finished();
    });
    jobs->when_clock_is_set_back(
        [](Transaction&, Duration) { throw std::runtime_error("not this one"); });
    jobs->when_clock_is_set_back([&](Transaction&, Duration by) {
        EXPECT_EQ(by, 1000h);
        ++followed;
    });
    jobs->start(2);
    enqueue("a", 10s);
    enqueue("b", 1h);
    ASSERT_TRUE(jobs->settle(10s));
    clock.advance(-1000h);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(followed, 1);
    clock.advance(9s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 0);
    clock.advance(1s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 1);
    // It is written down: the next process, too, waits no longer.
    open();
    jobs->handle("kind", [&](const Job&) {
        ++runs;
        return finished();
    });
    jobs->start(2);
    clock.advance(1h - 10s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(rows(), 0);
}

// A process that is killed knows the time of its last job, one that stops the time of that.
TEST_F(JobsTest, AClockThatIsSetBackWhileNothingRunsIsFollowedAtTheStart) {
    for (const bool stops : {false, true}) {
        open();
        enqueue("", 10s);
        if (stops) {
            jobs->start(1);  // nobody handles it yet
            clock.advance(5s);
            jobs->stop();
        }
        jobs.reset();
        clock.advance(-1000h);
        open();
        std::atomic<int> runs = 0;
        Duration followed{0};
        jobs->handle("kind", [&](const Job&) {
            ++runs;
            return finished();
        });
        jobs->when_clock_is_set_back([&](Transaction&, Duration by) { followed = by; });
        jobs->start(1);
        EXPECT_EQ(followed, 1000h);
        clock.advance(stops ? 4s : 9s);
        ASSERT_TRUE(jobs->settle(10s));
        EXPECT_EQ(runs, 0);
        clock.advance(1s);
        ASSERT_TRUE(jobs->settle(10s));
        EXPECT_EQ(runs, 1);
    }
}

// Whoever writes a job notices it, too; what else waits must hear of it all the same.
TEST_F(JobsTest, FollowersAreToldOnceThoughTheProcessEndedBefore) {
    for (const bool stops : {false, true}) {
        Duration followed{0};
        const auto open_followed = [&] {
            open();
            jobs->when_clock_is_set_back([&](Transaction&, Duration by) { followed += by; });
        };
        open_followed();
        jobs->start(stops ? 1 : 0);
        clock.advance(-2h);
        enqueue("");
        if (stops) jobs->stop();
        for (int start = 0; start < 2; ++start) {
            open_followed();
            jobs->start(1);
            ASSERT_TRUE(jobs->settle(10s));
            jobs->stop();
        }
        EXPECT_EQ(followed, 2h) << stops;
        clock.advance(3h);
    }
}

// What its followers were told was kept with what the jobs followed.
TEST_F(JobsTest, ADatabaseOfBeforeFollowersWereCountedTellsNothingTwice) {
    clock.advance(-2h);
    enqueue("");
    database->write([](Transaction& tx) {
        tx.run("ALTER TABLE job_clock DROP COLUMN told");
        tx.run("DELETE FROM schema_step WHERE owner = 'jobs' AND step = 2");
    });
    open();
    jobs->when_clock_is_set_back([](Transaction&, Duration) { ADD_FAILURE() << "told again"; });
    jobs->start(1);
    ASSERT_TRUE(jobs->settle(10s));
    jobs->stop();
}

TEST_F(JobsTest, FollowersThatFailAreToldAgain) {
    std::atomic<int> told = 0;
    jobs->when_clock_is_set_back([&](Transaction&, Duration by) {
        EXPECT_EQ(by, 2h);
        if (++told == 1) throw Error(ErrorCategory::Unavailable, "DiskFull", "for a while");
    });
    enqueue("", 1h);
    clock.advance(-2h);
    jobs->start(1);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(told, 1);
    clock.advance(5s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(told, 2);
    clock.advance(5s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(told, 2);
}

TEST_F(JobsTest, WhatIsAskedForAfterAClockWasSetBackIsNotDueEarlier) {
    std::vector<std::string> order;
    jobs->handle("kind", [&](const Job& job) {
        order.push_back(job.key);
        return finished();
    });
    enqueue("before", 2h);
    clock.advance(-10h);
    enqueue("after", 1h);  // nobody has looked at the clock since
    jobs->start(1);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_TRUE(order.empty());
    clock.advance(1h);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(order, (std::vector<std::string>{"after"}));
    clock.advance(1h);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(order, (std::vector<std::string>{"after", "before"}));
}

TEST_F(JobsTest, AJobThatRunsWhileTheClockIsSetBackRunsAgainAsSoonAsItWould) {
    std::atomic<int> runs = 0;
    jobs->handle("kind", [&](const Job&) {
        const Time again = clock.now() + 10s;
        if (++runs > 1) return finished();
        clock.advance(-1000h);
        return again_at(again);
    });
    jobs->start(1);
    enqueue("a");
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 1);
    clock.advance(10s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 2);
}

TEST_F(JobsTest, RunsWhatIsDueAndKeepsTheRestForLater) {
    std::atomic<int> runs = 0;
    jobs->handle("kind", [&](const Job&) {
        ++runs;
        return finished();
    });
    jobs->start(2);
    enqueue("");
    enqueue("", 10s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 1);
    clock.advance(10s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(rows(), 0);
}

// One worker; everything is due, what is behind for less than the head start comes later.
TEST_F(JobsTest, AKindWithAHeadStartGoesFirstButOthersDoNotStarve) {
    std::vector<std::string> order;
    const auto note = [&](const Job& job) {
        order.push_back(job.key);
        return finished();
    };
    JobPolicy ahead;
    ahead.head_start = 30s;
    jobs->handle("kind", note);
    jobs->handle("ahead", note, ahead);
    database->write([&](Transaction& tx) {
        jobs->enqueue(tx, "kind", "long due", Json::object(), clock.now() - 40s);
        jobs->enqueue(tx, "kind", "due", Json::object(), clock.now() - 20s);
        jobs->enqueue(tx, "ahead", "event", Json::object(), clock.now());
        jobs->enqueue(tx, "ahead", "not due", Json::object(), clock.now() + 10s);
    });
    jobs->start(1);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(order, (std::vector<std::string>{"long due", "event", "due"}));
    clock.advance(10s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(order.back(), "not due");
}

TEST_F(JobsTest, WaitingJobsSurviveARestart) {
    enqueue("", 0s, {{"n", 7}});
    open();
    std::atomic<int> seen = 0;
    jobs->handle("kind", [&](const Job& job) {
        seen = static_cast<int>(require_integer(*job.payload, "n"));
        return finished();
    });
    jobs->start(1);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(seen, 7);
}

TEST_F(JobsTest, AKeyedJobAskedForWhileItRunsRunsOnceMore) {
    std::atomic<int> runs = 0;
    std::latch inside(1);
    std::latch go(1);
    jobs->handle("kind", [&](const Job&) {
        if (++runs == 1) {
            inside.count_down();
            go.wait();
        }
        return finished();
    });
    jobs->start(2);
    enqueue("k");
    inside.wait();
    for (int i = 0; i < 5; ++i)
        enqueue("k");
    EXPECT_EQ(runs, 1) << "two runs of one key overlap";
    go.count_down();
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(rows(), 0);
}

TEST_F(JobsTest, AFailedRunBacksOffAndCountsAttempts) {
    std::vector<int> attempts;
    jobs->handle("kind", [&](const Job& job) -> JobResult {
        attempts.push_back(job.attempt);
        if (job.attempt < 3) throw Error(ErrorCategory::Unavailable, "X", "not yet");
        return finished();
    });
    jobs->start(1);
    enqueue("");
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(jobs->settle(10s));
        clock.advance(60s);
    }
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(attempts, (std::vector<int>{1, 2, 3}));
}

TEST_F(JobsTest, TheEndAndTheLastChangeCommitTogether) {
    jobs->handle("kind", [&](const Job&) {
        return finished(
            [&](Transaction& tx) { jobs->enqueue(tx, "next", "", Json(), clock.now()); });
    });
    std::atomic<int> next = 0;
    jobs->handle("next", [&](const Job&) {
        ++next;
        return finished();
    });
    jobs->start(2);
    enqueue("");
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(next, 1);
}

TEST_F(JobsTest, CancelledJobsDoNotRun) {
    std::atomic<int> runs = 0;
    jobs->handle("kind", [&](const Job&) {
        ++runs;
        return finished();
    });
    enqueue("k", 5s);
    database->write([&](Transaction& tx) { jobs->cancel(tx, "kind", "k"); });
    jobs->start(1);
    clock.advance(10s);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(runs, 0);
}

TEST_F(JobsTest, AKindIsBoundedInConcurrency) {
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    std::latch two(2);
    jobs->handle(
        "kind",
        [&](const Job&) {
            most = std::max(most.load(), ++now);
            two.arrive_and_wait();
            --now;
            return finished();
        },
        JobPolicy{2, {}});
    enqueue("");
    enqueue("");
    jobs->start(8);
    ASSERT_TRUE(jobs->settle(10s));
    EXPECT_EQ(most, 2);
}

}  // namespace
}  // namespace lifeboat::local
