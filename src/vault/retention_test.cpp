#include "vault/retention.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

Snapshot at(const std::string& time, std::vector<std::string> tags = {}) {
    Snapshot snapshot;
    snapshot.time = ZonedTime::parse(time);
    snapshot.id = Id::of(time);
    snapshot.tags = std::move(tags);
    return snapshot;
}

// The times of those that are kept, newest first.
std::vector<std::string> kept(const RetentionPolicy& policy, std::vector<Snapshot> snapshots) {
    std::vector<std::string> times;
    for (const Kept& one : apply(policy, std::move(snapshots)))
        if (!one.reasons.empty()) times.push_back(to_text(one.snapshot.time));
    return times;
}

using Times = std::vector<std::string>;

TEST(Retention, KeepsWhatIsYoungerThanAMonthOfTheCalendar) {
    RetentionPolicy policy;
    policy.within = parse_span("1m");
    EXPECT_EQ(kept(policy, {at("2026-08-31T12:00:00Z"), at("2026-07-31T12:00:01Z"),
                            at("2026-07-31T12:00:00Z")}),
              (Times{"2026-08-31T12:00:00Z", "2026-07-31T12:00:01Z"}));
    policy.within = parse_span("1y");
    EXPECT_EQ(kept(policy, {at("2024-12-31T12:00:00Z"), at("2023-12-31T12:00:01Z")}).size(), 2u);
}

TEST(Retention, KeepsTheNewestThePinnedAndTheHeld) {
    RetentionPolicy policy;
    policy.tags = {"none has this"};
    EXPECT_EQ(kept(policy, {at("2026-01-01T00:00:00Z", {kPinned}), at("2026-01-02T00:00:00Z"),
                            at("2026-01-03T00:00:00Z", {kLegalHold}), at("2026-01-04T00:00:00Z")}),
              (Times{"2026-01-04T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z"}));
}

TEST(Retention, RefusesWhatIsNoSpan) {
    EXPECT_EQ(parse_span("2w6h"), std::chrono::hours(14 * 24 + 6));
    for (const char* wrong : {"", "3", "d", "3x", "-1d", "1d2", "99999999999999d"})
        EXPECT_THROW(parse_span(wrong), Error) << wrong;
}

}  // namespace
}  // namespace lifeboat::vault
