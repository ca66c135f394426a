#include "server/kept_gauges.h"

#include <gtest/gtest.h>

#include "base/testing/manual_clock.h"

namespace lifeboat::server {
namespace {

using namespace std::chrono_literals;

class KeptGauges : public ::testing::Test {
  protected:
    // What the source says, which counts how often it was asked and takes `cost`.
    Metrics::Source source() {
        return kept(
            [this] {
                clock.advance(cost);
                return std::vector<Metrics::Gauge>{{"asked", "", static_cast<double>(++asked)}};
            },
            clock);
    }
    lifeboat::testing::ManualClock clock{Time(1000000s)};
    Duration cost{0};
    int asked = 0;
};

TEST_F(KeptGauges, AreCountedOnceInFifteenSeconds) {
    const Metrics::Source read = source();
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(read().at(0).value, 1);
    clock.advance(14s);
    EXPECT_EQ(read().at(0).value, 1);
    clock.advance(1s);
    EXPECT_EQ(read().at(0).value, 2);
}

TEST_F(KeptGauges, AreKeptLongerTheMoreTheyCost) {
    cost = 2s;
    const Metrics::Source read = source();
    EXPECT_EQ(read().at(0).value, 1);
    clock.advance(99s);
    EXPECT_EQ(read().at(0).value, 1);
    clock.advance(1s);
    EXPECT_EQ(read().at(0).value, 2);
}

TEST_F(KeptGauges, AreCountedAgainAfterAFailure) {
    bool fails = true;
    const Metrics::Source read = kept(
        [&]() -> std::vector<Metrics::Gauge> {
            if (fails) throw std::runtime_error("not now");
            return {{"x", "", 7}};
        },
        clock);
    EXPECT_THROW(read(), std::runtime_error);
    fails = false;
    EXPECT_EQ(read().at(0).value, 7);
}

}  // namespace
}  // namespace lifeboat::server
