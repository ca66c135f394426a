// A moment taken apart into what the components of a date's picture show.
#pragma once

#include <chrono>
#include <cstdint>

namespace lifeboat::flow::jsonata {

struct Moment {
    std::chrono::year_month_day date;
    int weekday, day_of_year, hour, minute, second, millis;  // Monday is 1
    std::chrono::sys_days day;
};

// `millis` since 1970.
Moment moment_of(std::int64_t millis);
// What the component "Y", "M", "D" ... shows; D3132 for one that there is not.
long value_of(char component, const Moment& moment);

}  // namespace lifeboat::flow::jsonata
