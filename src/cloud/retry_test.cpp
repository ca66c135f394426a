#include "cloud/retry.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::aws {
namespace {

using namespace std::chrono_literals;

TEST(RetryOptions, ComeFromTheEnvironmentAndThenTheProfile) {
    const cloud::Profile profile{"p", {{"retry_mode", "adaptive"}, {"max_attempts", "7"}}, {}};
    EXPECT_EQ(RetryOptions::from({}, profile).mode, RetryMode::Adaptive);
    EXPECT_EQ(RetryOptions::from({}, profile).most_tries, 7);
    EXPECT_EQ(RetryOptions::from({{"AWS_MAX_ATTEMPTS", "1"}}, profile).most_tries, 1);
    EXPECT_EQ(RetryOptions::from({}, {}).most_tries, 3);
    EXPECT_THROW(RetryOptions::from({{"AWS_MAX_ATTEMPTS", "0"}}, {}), Error);
    EXPECT_THROW(RetryOptions::from({{"AWS_MAX_ATTEMPTS", "3x"}}, {}), Error);
    EXPECT_THROW(RetryOptions::from({{"AWS_RETRY_MODE", "hard"}}, {}), Error);
}

TEST(RetryQuota, EndsAndIsRefunded) {
    RetryQuota quota;
    for (int i = 0; i < RetryQuota::kCapacity / RetryQuota::kCost; ++i)
        EXPECT_TRUE(quota.take(RetryQuota::kCost));
    EXPECT_FALSE(quota.take(RetryQuota::kCost));
    quota.give(RetryQuota::kCost);
    EXPECT_FALSE(quota.take(RetryQuota::kTimeoutCost));
    EXPECT_TRUE(quota.take(RetryQuota::kCost));
    quota.give(1'000'000);
    int takes = 0;
    while (quota.take(RetryQuota::kCost))
        ++takes;
    EXPECT_EQ(takes, RetryQuota::kCapacity / RetryQuota::kCost);
}

TEST(SendingRate, IsUnlimitedUntilThrottled) {
    SendingRate rate;
    const Time start = from_epoch_micros(1'000'000'000'000'000);
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(rate.take(start), Duration(0));
}

// A service that takes 10 calls a second: the client settles near that.
TEST(SendingRate, SettlesNearWhatTheServiceTakes) {
    SendingRate rate;
    Time now = from_epoch_micros(1'000'000'000'000'000);
    const Time start = now;
    int accepted = 0;
    int refused = 0;
    Time window = now;
    int in_window = 0;
    while (now - start < 120s) {
        now += rate.take(now) + Duration(5ms);  // what a call itself takes
        if (now - window >= 1s) {
            window = now;
            in_window = 0;
        }
        if (in_window < 10) {
            ++in_window;
            ++accepted;
            rate.succeeded(now);
        } else {
            ++refused;
            rate.throttled(now);
        }
    }
    EXPECT_GT(accepted, 120 * 5);
    EXPECT_LT(refused, accepted / 2) << accepted;
    std::cout << accepted << " accepted, " << refused << " refused\n";
}

}  // namespace
}  // namespace lifeboat::aws
