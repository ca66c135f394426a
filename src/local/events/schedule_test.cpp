#include "local/events/schedule.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/error.h"

namespace lifeboat::local::events {
namespace {

Time at(std::string_view text) {
    return *parse_iso8601(text);
}

std::vector<std::string> next(const std::string& expression, std::string_view from, int count) {
    const Schedule schedule = Schedule::parse(expression);
    std::vector<std::string> times;
    std::optional<Time> now = at(from);
    while (count-- > 0 && (now = schedule.next_after(*now, at(from))))
        times.push_back(to_iso8601(*now));
    return times;
}

using Times = std::vector<std::string>;

TEST(Schedule, RatesCountFromTheirAnchor) {
    EXPECT_EQ(next("rate(5 minutes)", "2026-01-02T09:18:24Z", 2),
              (Times{"2026-01-02T09:23:24Z", "2026-01-02T09:28:24Z"}));
    EXPECT_EQ(next("rate(1 day)", "2026-01-02T09:18:24Z", 1), Times{"2026-01-03T09:18:24Z"});
    const Schedule hourly = Schedule::parse("rate(1 hour)");
    EXPECT_EQ(hourly.next_after(at("2026-01-02T15:00:01Z"), at("2026-01-02T09:00:00Z")),
              at("2026-01-02T16:00:00Z"));
    EXPECT_EQ(hourly.next_after(at("2026-01-02T15:00:00Z"), at("2026-01-02T09:00:00Z")),
              at("2026-01-02T16:00:00Z"));
}

TEST(Schedule, CronKnowsListsRangesAndSteps) {
    EXPECT_EQ(next("cron(0 12 * * ? *)", "2026-01-02T12:00:00Z", 2),
              (Times{"2026-01-03T12:00:00Z", "2026-01-04T12:00:00Z"}));
    EXPECT_EQ(next("cron(0/15 8-9 * * ? *)", "2026-01-02T08:40:00Z", 3),
              (Times{"2026-01-02T08:45:00Z", "2026-01-02T09:00:00Z", "2026-01-02T09:15:00Z"}));
    EXPECT_EQ(next("cron(15,45 10 ? * MON-FRI *)", "2026-01-02T10:30:00Z", 3),
              (Times{"2026-01-02T10:45:00Z", "2026-01-05T10:15:00Z", "2026-01-05T10:45:00Z"}));
    EXPECT_EQ(next("cron(0 0 ? * FRI-MON *)", "2026-01-05T00:00:00Z", 2),
              (Times{"2026-01-09T00:00:00Z", "2026-01-10T00:00:00Z"}));
    EXPECT_EQ(next("cron(0 0 1 jan,7 ? 2027-2028)", "2026-01-01T00:00:00Z", 5),
              (Times{"2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z", "2028-01-01T00:00:00Z",
                     "2028-07-01T00:00:00Z"}));
    EXPECT_EQ(next("cron(0 0 29 2 ? *)", "2026-01-01T00:00:00Z", 2),
              (Times{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}));
}

TEST(Schedule, CronKnowsLastNearestAndNumberedDays) {
    EXPECT_EQ(next("cron(0 0 L * ? *)", "2026-02-01T00:00:00Z", 2),
              (Times{"2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"}));
    // 2026-08-15 is a Saturday, 2026-11-15 a Sunday, 2026-08-01 a Saturday, 2026-05-31 a Sunday.
    EXPECT_EQ(next("cron(0 0 15W 8,11 ? 2026)", "2026-01-01T00:00:00Z", 2),
              (Times{"2026-08-14T00:00:00Z", "2026-11-16T00:00:00Z"}));
    EXPECT_EQ(next("cron(0 0 1W 8 ? 2026)", "2026-01-01T00:00:00Z", 1),
              Times{"2026-08-03T00:00:00Z"});
    EXPECT_EQ(next("cron(0 0 31W 5 ? 2026)", "2026-01-01T00:00:00Z", 1),
              Times{"2026-05-29T00:00:00Z"});
    EXPECT_EQ(next("cron(0 0 LW 5 ? 2026)", "2026-01-01T00:00:00Z", 1),
              Times{"2026-05-29T00:00:00Z"});
    EXPECT_EQ(next("cron(0 0 ? * 3#2 *)", "2026-01-01T00:00:00Z", 2),
              (Times{"2026-01-13T00:00:00Z", "2026-02-10T00:00:00Z"}));
    EXPECT_EQ(next("cron(0 0 ? * 6L *)", "2026-01-01T00:00:00Z", 2),
              (Times{"2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"}));
    EXPECT_EQ(next("cron(0 0 ? * L *)", "2026-01-01T00:00:00Z", 1), Times{"2026-01-03T00:00:00Z"});
    // A fifth Friday only some months have.
    EXPECT_EQ(next("cron(0 0 ? * FRI#5 *)", "2026-02-01T00:00:00Z", 1),
              Times{"2026-05-29T00:00:00Z"});
}

TEST(Schedule, EndsWhenNothingFitsAnyMore) {
    EXPECT_TRUE(next("cron(0 0 1 1 ? 2020)", "2026-01-01T00:00:00Z", 1).empty());
    EXPECT_TRUE(next("cron(0 0 31 2 ? *)", "2026-01-01T00:00:00Z", 1).empty());
    EXPECT_EQ(next("cron(59 23 31 12 ? *)", "2199-12-31T23:58:59Z", 2),
              Times{"2199-12-31T23:59:00Z"});
}

TEST(Schedule, RefusesWhatIsNoSchedule) {
    for (const char* bad : {"",
                            "rate()",
                            "rate(0 minutes)",
                            "rate(1 minutes)",
                            "rate(5 minute)",
                            "rate(-5 minutes)",
                            "rate(5)",
                            "rate(5 weeks)",
                            "rate(5 minutes) ",
                            "rate(99999999999 days)",
                            "rate(2147483647 days)",
                            "cron()",
                            "cron(0 12 * * *)",
                            "cron(0 12 * * * *)",
                            "cron(0 12 ? * ? *)",
                            "cron(60 12 * * ? *)",
                            "cron(0 24 * * ? *)",
                            "cron(0 12 0 * ? *)",
                            "cron(0 12 32 * ? *)",
                            "cron(0 12 * 13 ? *)",
                            "cron(0 12 ? * 8 *)",
                            "cron(0 12 ? * MON#6 *)",
                            "cron(0/0 12 * * ? *)",
                            "cron(0 12 * * ? 2200)",
                            "cron(0 12 W * ? *)",
                            "cron(0,,5 12 * * ? *)",
                            "cron(a 12 * * ? *)",
                            "every(5 minutes)",
                            "at(2026-01-01T00:00:00)"}) {
        try {
            Schedule::parse(bad);
            ADD_FAILURE() << "accepted " << bad;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "ValidationException");
            EXPECT_EQ(e.message(), "Parameter ScheduleExpression is not valid.");
        }
    }
}

TEST(Schedule, AgreesWithLookingAtEveryMinute) {
    std::mt19937 random(11);
    const auto pick = [&](int low, int high) {
        return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
    };
    for (int round = 0; round < 40; ++round) {
        const int minute = pick(0, 59), hour = pick(0, 23), weekday = pick(1, 7), nth = pick(1, 4);
        const std::string text = "cron(" + std::to_string(minute) + " " + std::to_string(hour) +
                                 " ? * " + std::to_string(weekday) + "#" + std::to_string(nth) +
                                 " *)";
        const Time start = at("2026-01-01T00:00:00Z") + std::chrono::minutes(pick(0, 500000));
        Time expected = std::chrono::floor<std::chrono::minutes>(start) + std::chrono::minutes(1);
        for (;; expected += std::chrono::minutes(1)) {
            const auto day = std::chrono::floor<std::chrono::days>(expected);
            const std::chrono::year_month_day date(day);
            const auto of_day =
                std::chrono::duration_cast<std::chrono::minutes>(expected - day).count();
            if (of_day == hour * 60 + minute &&
                static_cast<int>(std::chrono::weekday(day).c_encoding()) + 1 == weekday &&
                (static_cast<unsigned>(date.day()) - 1) / 7 + 1 == static_cast<unsigned>(nth))
                break;
        }
        EXPECT_EQ(Schedule::parse(text).next_after(start, start), expected) << text;
    }
}

}  // namespace
}  // namespace lifeboat::local::events
