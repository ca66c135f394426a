#include "local/events/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::local::events {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

[[noreturn]] void refuse() {
    throw Error(ErrorCategory::InvalidInput, "ValidationException",
                "Parameter ScheduleExpression is not valid.");
}

std::optional<int> integer(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text[0] == '-' || read.ec != std::errc() ||
        read.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

// 1 is Sunday, as in cron expressions.
int weekday_of(sys_days day) {
    return static_cast<int>(std::chrono::weekday(day).c_encoding()) + 1;
}

unsigned length_of(int year, unsigned month) {
    return static_cast<unsigned>(
        (std::chrono::year(year) / std::chrono::month(month) / std::chrono::last).day());
}

// The Monday to Friday closest to a day, within its month.
unsigned nearest_working_day(int year, unsigned month, unsigned day) {
    const sys_days date =
        std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    const int weekday = weekday_of(date);
    if (weekday == 7) return day > 1 ? day - 1 : day + 2;
    if (weekday == 1) return day < length_of(year, month) ? day + 1 : day - 2;
    return day;
}

}  // namespace

struct CronExpression::FieldRange {
    int low;
    int high;
    std::span<const std::string_view> names = {};
    int base = 0;  // subtracted to fit the set

    int value(std::string_view text) const {
        for (std::size_t i = 0; i < names.size(); ++i)
            if (text.size() == names[i].size() && lower_case(text) == lower_case(names[i]))
                return low + static_cast<int>(i);
        const auto number = integer(text);
        if (!number || *number < low || *number > high) refuse();
        return *number;
    }
};

CronExpression::Values CronExpression::parse_values(std::string_view text,
                                                    const FieldRange& range) {
    Values values;
    for (const std::string_view item : split(text, ',')) {
        const std::size_t slash = item.find('/');
        int step = 1;
        if (slash != std::string_view::npos) {
            const auto number = integer(item.substr(slash + 1));
            if (!number || *number < 1 || *number > range.high) refuse();
            step = *number;
        }
        const std::string_view span = item.substr(0, slash);
        const std::size_t dash = span.find('-');
        int low = range.low, high = range.high;
        if (dash != std::string_view::npos) {
            low = range.value(span.substr(0, dash));
            high = range.value(span.substr(dash + 1));
        } else if (span != "*" && !(span.empty() && slash != std::string_view::npos)) {
            low = range.value(span);
            if (slash == std::string_view::npos) high = low;
        }
        // FRI-MON goes over the end of the week.
        const int size = range.high - range.low + 1;
        if (high < low) high += size;
        for (int value = low; value <= high; value += step)
            values.set(
                static_cast<std::size_t>((value - range.low) % size + range.low - range.base));
    }
    return values;
}

CronExpression::CronExpression(std::string_view fields) {
    std::vector<std::string_view> parts;
    for (const std::string_view part : split(fields, ' '))
        if (!part.empty()) parts.push_back(part);
    if (parts.size() != 6) refuse();
    minutes_ = parse_values(parts[0], {0, 59});
    hours_ = parse_values(parts[1], {0, 23});
    months_ = parse_values(parts[3], {1, 12, kMonths});
    years_ = parse_values(parts[5], {kFirstYear, kLastYear, {}, kFirstYear});
    // Exactly one of the two says which days.
    by_weekday_ = parts[2] == "?";
    if (by_weekday_ == (parts[4] == "?")) refuse();
    if (by_weekday_)
        parse_weekdays(parts[4]);
    else
        parse_days(parts[2]);
}

void CronExpression::parse_days(std::string_view text) {
    for (const std::string_view item : split(text, ',')) {
        if (item == "L") {
            last_day_ = true;
        } else if (item == "LW" || item == "WL") {
            last_working_day_ = true;
        } else if (item.ends_with('W')) {
            const auto day = integer(item.substr(0, item.size() - 1));
            if (!day || *day < 1 || *day > 31) refuse();
            nearest_working_days_.set(static_cast<std::size_t>(*day));
        } else {
            days_ |= parse_values(item, {1, 31});
        }
    }
}

void CronExpression::parse_weekdays(std::string_view text) {
    const FieldRange range{1, 7, kWeekdays};
    for (const std::string_view item : split(text, ',')) {
        const std::size_t hash = item.find('#');
        if (hash != std::string_view::npos) {
            const auto number = integer(item.substr(hash + 1));
            if (!number || *number < 1 || *number > 5) refuse();
            numbered_weekdays_.set(
                static_cast<std::size_t>(range.value(item.substr(0, hash)) * 8 + *number));
        } else if (item == "L") {
            weekdays_.set(7);
        } else if (item.ends_with('L')) {
            last_weekdays_.set(
                static_cast<std::size_t>(range.value(item.substr(0, item.size() - 1))));
        } else {
            weekdays_ |= parse_values(item, range);
        }
    }
}

std::bitset<32> CronExpression::days_of(int year, unsigned month) const {
    std::bitset<32> chosen;
    const unsigned length = length_of(year, month);
    const sys_days first = std::chrono::year(year) / std::chrono::month(month) / 1;
    for (unsigned day = 1; day <= length; ++day) {
        if (by_weekday_) {
            const auto weekday = static_cast<std::size_t>(weekday_of(first + days(day - 1)));
            const std::size_t number = (day - 1) / 7 + 1;
            chosen[day] = weekdays_[weekday] || numbered_weekdays_[weekday * 8 + number] ||
                          (last_weekdays_[weekday] && day + 7 > length);
        } else if (days_[day]) {
            chosen.set(day);
        }
    }
    if (by_weekday_) return chosen;
    if (last_day_) chosen.set(length);
    if (last_working_day_) chosen.set(nearest_working_day(year, month, length));
    for (unsigned day = 1; day <= length; ++day)
        if (nearest_working_days_[day]) chosen.set(nearest_working_day(year, month, day));
    return chosen;
}

std::optional<Time> CronExpression::next_after(Time after) const {
    const auto start = std::chrono::floor<std::chrono::minutes>(after) + std::chrono::minutes(1);
    const sys_days today = std::chrono::floor<days>(start);
    const std::chrono::year_month_day date(today);
    const int minute_of_day = static_cast<int>((start - today).count());
    const int first_year = std::max(static_cast<int>(date.year()), kFirstYear);
    for (int year = first_year; year <= kLastYear; ++year) {
        if (!years_[static_cast<std::size_t>(year - kFirstYear)]) continue;
        for (unsigned month = 1; month <= 12; ++month) {
            if (!months_[month]) continue;
            const std::chrono::year_month this_month =
                std::chrono::year(year) / std::chrono::month(month);
            if (this_month < date.year() / date.month()) continue;
            const std::bitset<32> chosen = days_of(year, month);
            for (unsigned day = 1; day <= 31; ++day) {
                if (!chosen[day]) continue;
                const sys_days this_day = this_month / std::chrono::day(day);
                if (this_day < today) continue;
                for (int at = this_day == today ? minute_of_day : 0; at < 24 * 60; ++at) {
                    const auto hour = static_cast<std::size_t>(at / 60);
                    if (!hours_[hour])
                        at += 59 - at % 60;
                    else if (minutes_[static_cast<std::size_t>(at % 60)])
                        return this_day + std::chrono::minutes(at);
                }
            }
        }
    }
    return std::nullopt;
}

Schedule Schedule::parse(std::string_view expression) {
    Schedule schedule;
    if (!expression.ends_with(')')) refuse();
    if (expression.starts_with("cron(")) {
        schedule.cron_.emplace(expression.substr(5, expression.size() - 6));
        return schedule;
    }
    if (!expression.starts_with("rate(")) refuse();
    const auto parts = split(expression.substr(5, expression.size() - 6), ' ');
    if (parts.size() != 2) refuse();
    const auto count = integer(parts[0]);
    if (!count || *count < 1) refuse();
    const std::string_view unit = *count == 1 ? parts[1]
                                  : parts[1].ends_with('s')
                                      ? parts[1].substr(0, parts[1].size() - 1)
                                      : std::string_view();
    Duration period;
    if (unit == "minute")
        period = std::chrono::minutes(1);
    else if (unit == "hour")
        period = std::chrono::hours(1);
    else if (unit == "day")
        period = days(1);
    else
        refuse();
    // A period that never ends within a lifetime is a mistake.
    if (*count > days(36500) / period) refuse();
    schedule.period_ = period * *count;
    return schedule;
}

std::optional<Time> Schedule::next_after(Time after, Time anchor) const {
    if (cron_) return cron_->next_after(after);
    auto periods = (after - anchor) / period_;
    if (anchor + periods * period_ > after) --periods;  // before the anchor: the clock was set back
    return anchor + (periods + 1) * period_;
}

Schedule::Turn Schedule::turn(Time instant, Time now, Time anchor) const {
    const bool is_early = instant > now;
    return {is_early, next_after(is_early ? now - Duration(1) : now, anchor)};
}

}  // namespace lifeboat::local::events
