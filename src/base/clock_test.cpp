#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/pause.h"
#include "base/testing/manual_clock.h"

namespace lifeboat {
namespace {

TEST(Clock, WritesAndReadsIso8601) {
    const Time time = from_epoch_micros(1767345504'123000);
    EXPECT_EQ(to_iso8601(time), "2026-01-02T09:18:24Z");
    EXPECT_EQ(to_iso8601_basic(time), "20260102T091824Z");
    EXPECT_EQ(to_iso8601_millis(time), "2026-01-02T09:18:24.123Z");
    EXPECT_EQ(parse_iso8601("2026-01-02T09:18:24.123Z"), time);
    EXPECT_EQ(parse_iso8601("2026-01-02T10:18:24.123+01:00"), time);
}

TEST(Clock, RefusesWhatIsNotATime) {
    for (const char* text : {"", "2026-01-02", "2026-13-02T00:00:00Z", "2026-02-30T00:00:00Z",
                             "2026-01-02T25:00:00Z", "2026-01-02T00:00:00", "2026-01-02T00:00:00Zx",
                             "2026-01-02T00:00:00.Z", "2026-01-02T00:00:00+0100"})
        EXPECT_EQ(parse_iso8601(text), std::nullopt) << text;
}

TEST(Clock, EpochSecondsKeepMilliseconds) {
    EXPECT_EQ(from_epoch_seconds(to_epoch_seconds(from_epoch_micros(1767345504'123456))),
              from_epoch_micros(1767345504'123000));
}

TEST(ClockWatch, SeesThatAClockWasSetBackOnce) {
    testing::ManualClock clock(from_epoch_seconds(1e9));
    ClockWatch watch(clock);
    EXPECT_EQ(watch.set_back(), Duration(0));
    clock.advance(std::chrono::hours(5));
    EXPECT_EQ(watch.set_back(), Duration(0));
    clock.advance(-std::chrono::hours(2));
    EXPECT_EQ(watch.set_back(), std::chrono::hours(2));
    EXPECT_EQ(watch.set_back(), Duration(0));
    clock.advance(-std::chrono::milliseconds(900));  // the clock's unrest
    EXPECT_EQ(watch.set_back(), Duration(0));
}

TEST(SystemClock, WakesNowAndThenToSeeWhetherItWasSet) {
    const SystemClock clock;
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto before = std::chrono::steady_clock::now();
    clock.wait_until(lock, never, clock.now() + std::chrono::milliseconds(20));
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(19));
    clock.wait_until(lock, never, clock.now() - std::chrono::hours(1));
    clock.wait_until(lock, never, clock.now() + std::chrono::hours(1));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(1));
}

// Whoever waits by it finds that it moved by `step`, whatever he waited for.
class StepClock final : public Clock {
  public:
    explicit StepClock(Duration step) : step_(step) {}
    Time now() const override { return now_; }
    void wait_until(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable& /*changed*/,
                    Time /*until*/) const override {
        now_ += step_;
        ++waits;
    }
    mutable int waits = 0;

  private:
    Duration step_;
    mutable Time now_ = from_epoch_seconds(1e9);
};

TEST(Pause, LastsByTheClockAndNoLongerWhenThatIsSetBack) {
    const StepClock goes_on(std::chrono::minutes(20));
    pause(goes_on, std::chrono::hours(1));
    EXPECT_EQ(goes_on.waits, 3);
    const StepClock is_set_back(-std::chrono::minutes(1));
    pause(is_set_back, std::chrono::hours(1));
    EXPECT_EQ(is_set_back.waits, 1);
    pause(goes_on, Duration(0));
    EXPECT_EQ(goes_on.waits, 3);
}

}  // namespace
}  // namespace lifeboat
