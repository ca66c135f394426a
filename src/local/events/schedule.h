// Schedule expressions of rules: rate(5 minutes), cron(0 12 ? * MON-FRI *). All times are UTC.
//
// Source: EventBridge user guide, "Cron expressions" and "Rate expressions".
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace lifeboat::local::events {

// Minutes, hours, day of month, month, day of week, year; with , - * / ? L W # as in the guide.
class CronExpression {
  public:
    // The six fields. Throws Error{InvalidInput, "ValidationException"}.
    explicit CronExpression(std::string_view fields);

    // The first minute after `after` that fits; nothing when there is none up to the year 2199.
    std::optional<Time> next_after(Time after) const;

  private:
    static constexpr int kFirstYear = 1970;
    static constexpr int kLastYear = 2199;

    struct FieldRange;
    using Values = std::bitset<256>;

    static Values parse_values(std::string_view text, const FieldRange& range);
    void parse_days(std::string_view text);
    void parse_weekdays(std::string_view text);
    // Of one month, by number.
    std::bitset<32> days_of(int year, unsigned month) const;

    Values minutes_, hours_, days_, months_, weekdays_, years_;
    bool by_weekday_ = false;               // the day of month is '?'
    bool last_day_ = false;                 // L
    bool last_working_day_ = false;         // LW
    std::bitset<32> nearest_working_days_;  // 15W
    std::bitset<8> last_weekdays_;          // 6L: 1 is Sunday
    std::bitset<64> numbered_weekdays_;     // 6#3, at weekday * 8 + number
};

class Schedule {
  public:
    // Throws Error{InvalidInput, "ValidationException"} in EventBridge's words.
    static Schedule parse(std::string_view expression);

    // The first instant after `after`; a rate counts from `anchor`, when its rule was made.
    std::optional<Time> next_after(Time after, Time anchor) const;

    // What becomes at `now` of who waited for `instant`.
    struct Turn {
        bool is_early = false;     // the clock was set back: instants before it come again
        std::optional<Time> next;  // to wait for
    };
    Turn turn(Time instant, Time now, Time anchor) const;

  private:
    std::optional<CronExpression> cron_;
    Duration period_{};
};

}  // namespace lifeboat::local::events
