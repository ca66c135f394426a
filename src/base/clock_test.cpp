#include "base/clock.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

TEST(Clock, WritesAndReadsIso8601) {
    const Time time = from_epoch_micros(1767345504'123000);
    EXPECT_EQ(to_iso8601(time), "2026-01-02T09:18:24Z");
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

}  // namespace
}  // namespace lifeboat
