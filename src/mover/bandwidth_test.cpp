#include "mover/bandwidth.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/testing/manual_clock.h"

namespace lifeboat::mover {
namespace {

class BandwidthTest : public ::testing::Test {
  protected:
    // Moves time on until the taker is through; returns how much time that took.
    Duration passed_until(const std::atomic<bool>& done) {
        const Time start = clock_.now();
        while (!done) {
            clock_.advance(std::chrono::milliseconds(10));
            std::this_thread::yield();
        }
        return clock_.now() - start;
    }

    testing::ManualClock clock_{from_epoch_seconds(1000000)};
};

TEST_F(BandwidthTest, NoLimitNeverWaits) {
    Bandwidth bandwidth(clock_, -1);
    bandwidth.take(1ULL << 40, {});
}

TEST_F(BandwidthTest, HoldsTheRate) {
    Bandwidth bandwidth(clock_, 1000);
    std::atomic<bool> done = false;
    std::jthread taker([&] {
        for (int i = 0; i < 10; ++i)
            bandwidth.take(1000, {});
        done = true;
    });
    EXPECT_GE(passed_until(done), std::chrono::milliseconds(9700));
}

TEST_F(BandwidthTest, AChangedRateReachesThoseWhoWait) {
    Bandwidth bandwidth(clock_, 1);
    std::atomic<bool> done = false;
    std::jthread taker([&] {
        bandwidth.take(1000000, {});
        done = true;
    });
    bandwidth.set(-1);
    passed_until(done);
}

TEST_F(BandwidthTest, CancelEndsTheWait) {
    Bandwidth bandwidth(clock_, 1);
    std::atomic<bool> done = false;
    std::stop_source stop;
    std::jthread taker([&] {
        EXPECT_THROW(bandwidth.take(1000000, stop.get_token()), Error);
        done = true;
    });
    stop.request_stop();
    passed_until(done);
}

}  // namespace
}  // namespace lifeboat::mover
