#include "flow/jsonata/date_moment.h"

#include "flow/jsonata/failure.h"

namespace lifeboat::flow::jsonata {

using std::chrono::days;
using std::chrono::sys_days;

Moment moment_of(std::int64_t millis) {
    constexpr std::int64_t kDay = 86'400'000;
    const std::int64_t day = (millis >= 0 ? millis : millis - kDay + 1) / kDay;
    const std::int64_t rest = millis - day * kDay;
    Moment moment{};
    moment.day = sys_days(days(day));
    moment.date = std::chrono::year_month_day(moment.day);
    moment.weekday = static_cast<int>(std::chrono::weekday(moment.day).iso_encoding());
    moment.day_of_year =
        static_cast<int>((moment.day - sys_days(moment.date.year() / 1 / 1)).count() + 1);
    moment.hour = static_cast<int>(rest / 3'600'000);
    moment.minute = static_cast<int>(rest / 60'000 % 60);
    moment.second = static_cast<int>(rest / 1000 % 60);
    moment.millis = static_cast<int>(rest % 1000);
    return moment;
}

namespace {

// The Monday that begins the ISO week 1 of what `first` begins: the week of its fourth day.
sys_days first_week(sys_days first) {
    const sys_days fourth = first + days(3);
    return fourth - days(std::chrono::weekday(fourth).iso_encoding() - 1);
}

struct Week {
    int number;
    std::chrono::year_month owner;
};

Week week_of_year(const Moment& moment) {
    using std::chrono::years;
    auto year = moment.date.year();
    if (moment.day >= first_week(sys_days((year + years(1)) / 1 / 1)))
        year += years(1);
    else if (moment.day < first_week(sys_days(year / 1 / 1)))
        year -= years(1);
    return {static_cast<int>((moment.day - first_week(sys_days(year / 1 / 1))).count() / 7 + 1),
            year / 1};
}

Week week_of_month(const Moment& moment) {
    using std::chrono::months;
    auto month = moment.date.year() / moment.date.month();
    if (moment.day >= first_week(sys_days((month + months(1)) / 1)))
        month += months(1);
    else if (moment.day < first_week(sys_days(month / 1)))
        month -= months(1);
    return {static_cast<int>((moment.day - first_week(sys_days(month / 1))).count() / 7 + 1),
            month};
}

}  // namespace

long value_of(char component, const Moment& moment) {
    switch (component) {
        case 'Y':
            return static_cast<int>(moment.date.year());
        case 'M':
            return static_cast<unsigned>(moment.date.month());
        case 'D':
            return static_cast<unsigned>(moment.date.day());
        case 'd':
            return moment.day_of_year;
        case 'F':
            return moment.weekday;
        case 'W':
            return week_of_year(moment).number;
        case 'w':
            return week_of_month(moment).number;
        case 'X':
            return static_cast<int>(week_of_year(moment).owner.year());
        case 'x':
            return static_cast<unsigned>(week_of_month(moment).owner.month());
        case 'H':
            return moment.hour;
        case 'h':
            return moment.hour % 12 == 0 ? 12 : moment.hour % 12;
        case 'm':
            return moment.minute;
        case 's':
            return moment.second;
        default:
            return moment.millis;
    }
}

}  // namespace lifeboat::flow::jsonata
