#include "mover/ranges.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace lifeboat::mover {
namespace {

TEST(Ranges, CoverEverythingOnce) {
    Pool pool(4, 16);
    for (const std::uint64_t size : {0U, 1U, 10U, 11U, 95U}) {
        std::map<std::uint64_t, std::uint64_t> seen;
        std::mutex mutex;
        for_each_range(pool, size, 10, Help::AtOnce, [&](std::uint64_t begin, std::uint64_t end) {
            const std::scoped_lock lock(mutex);
            EXPECT_TRUE(seen.emplace(begin, end).second);
        });
        std::uint64_t at = 0;
        for (const auto& [begin, end] : seen) {
            EXPECT_EQ(begin, at);
            EXPECT_LE(end - begin, 10U);
            at = end;
        }
        EXPECT_EQ(at, size);
    }
}

TEST(Ranges, IdleWorkersHelp) {
    Pool pool(2, 16);
    std::set<std::thread::id> who;
    std::mutex mutex;
    std::condition_variable came;
    // Nobody's first part ends before somebody else has begun one.
    pool.submit([&] {
        for_each_range(pool, 1000, 1, Help::WhenStepsWait, [&](std::uint64_t, std::uint64_t) {
            std::unique_lock lock(mutex);
            who.insert(std::this_thread::get_id());
            came.notify_all();
            // The other worker may not have gone to sleep when it was looked for; a later part asks
            // again.
            came.wait_for(lock, std::chrono::milliseconds(1), [&] { return who.size() == 2; });
        });
    });
    ASSERT_TRUE(pool.wait_for(std::chrono::minutes(1)));
    EXPECT_EQ(who.size(), 2U);
}

TEST(Ranges, NobodyHelpsWhereNothingWaits) {
    Pool pool(4, 16);
    std::atomic<int> others = 0;
    volatile std::uint64_t sum = 0;
    pool.submit([&] {
        const auto self = std::this_thread::get_id();
        for_each_range(pool, 200, 1, Help::WhenStepsWait, [&](std::uint64_t, std::uint64_t) {
            if (std::this_thread::get_id() != self) ++others;
            for (std::uint64_t i = 0; i < 10000; ++i)
                sum = sum + i;
        });
    });
    ASSERT_TRUE(pool.wait_for(std::chrono::minutes(1)));
    EXPECT_EQ(others, 0);
}

TEST(Ranges, OneFailureEndsAllAndIsThrown) {
    Pool pool(4, 16);
    std::atomic<int> parts = 0;
    const auto fail = [&](std::uint64_t begin, std::uint64_t) {
        ++parts;
        if (begin == 50) throw std::runtime_error("bad sector");
    };
    EXPECT_THROW(for_each_range(pool, 1000000, 10, Help::AtOnce, fail), std::runtime_error);
    EXPECT_LT(parts, 100000);
}

}  // namespace
}  // namespace lifeboat::mover
