#include "mover/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace lifeboat::mover {
namespace {

constexpr auto kLong = std::chrono::minutes(1);

TEST(Pool, DoesAllWorkThoughTheStackIsShort) {
    Pool pool(3, 2);
    std::atomic<int> done = 0;
    std::function<void(int)> spread = [&](int depth) {
        ++done;
        if (depth == 0) return;
        for (int i = 0; i < 3; ++i)
            pool.submit([&spread, depth] { spread(depth - 1); });
    };
    pool.submit([&] { spread(6); });
    ASSERT_TRUE(pool.wait_for(kLong));
    EXPECT_EQ(done, 1093);  // 3^0 + ... + 3^6
}

TEST(Pool, HandsOutWhatATaskThrew) {
    Pool pool(2, 10);
    pool.submit([] { throw std::runtime_error("bug"); });
    EXPECT_THROW(pool.wait_for(kLong), std::runtime_error);
    EXPECT_TRUE(pool.wait_for(kLong));
}

TEST(Pool, FinishesWhatWasSubmittedWhenItGoes) {
    std::atomic<int> done = 0;
    {
        Pool pool(1, 100);
        for (int i = 0; i < 50; ++i)
            pool.submit([&] { ++done; });
    }
    EXPECT_EQ(done, 50);
}

}  // namespace
}  // namespace lifeboat::mover
