#include "base/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lifeboat {

using namespace std::chrono;

Time SystemClock::now() const {
    return time_point_cast<Duration>(system_clock::now());
}

void SystemClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                             Time until) const {
    const Time start = now();
    if (until <= start) return;
    // By the steady clock: a wait by the other one ends late when that is set back meanwhile.
    changed.wait_for(lock, std::min<Duration>(until - start, kLongestWait));
}

Duration ClockWatch::set_back() {
    const Time before = seen_;
    seen_ = clock_.now();
    return seen_ + kUnrest < before ? before - seen_ : Duration(0);
}

double to_epoch_seconds(Time time) {
    return static_cast<double>(floor<milliseconds>(time).time_since_epoch().count()) / 1000.0;
}

Time from_epoch_seconds(double seconds) {
    return Time(Duration(static_cast<std::int64_t>(std::llround(seconds * 1e6))));
}

std::int64_t to_epoch_micros(Time time) {
    return time.time_since_epoch().count();
}

Time from_epoch_micros(std::int64_t micros) {
    return Time(Duration(micros));
}

namespace {
std::string date_and_time(Time time, const char* date_separator, const char* time_separator) {
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(time) - day);
    std::string text = fmt::format_int(static_cast<int>(date.year())).str();
    if (text.size() < 4) text.insert(0, 4 - text.size(), '0');
    const auto add = [&](const char* before, auto number) {
        const auto value = static_cast<unsigned>(number);
        text += before;
        text += static_cast<char>('0' + value / 10);
        text += static_cast<char>('0' + value % 10);
    };
    add(date_separator, static_cast<unsigned>(date.month()));
    add(date_separator, static_cast<unsigned>(date.day()));
    add("T", clock.hours().count());
    add(time_separator, clock.minutes().count());
    add(time_separator, clock.seconds().count());
    return text;
}
}  // namespace

std::string to_iso8601(Time time) {
    return date_and_time(time, "-", ":") + "Z";
}

std::string to_iso8601_basic(Time time) {
    return date_and_time(time, "", "") + "Z";
}

std::string to_iso8601_millis(Time time) {
    const auto millis = (floor<milliseconds>(time) - floor<seconds>(time)).count();
    return date_and_time(time, "-", ":") + fmt::format(".{:03}Z", millis);
}

std::optional<Time> parse_iso8601(std::string_view text) {
    std::size_t at = 0;
    const auto number = [&](std::size_t digits) -> std::optional<int> {
        if (at + digits > text.size()) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const char c = text[at + i];
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        at += digits;
        return value;
    };
    const auto literal = [&](std::string_view choices) {
        if (at >= text.size() || choices.find(text[at]) == std::string_view::npos) return false;
        ++at;
        return true;
    };
    const auto y = number(4);
    if (!y || !literal("-")) return std::nullopt;
    const auto mo = number(2);
    if (!mo || !literal("-")) return std::nullopt;
    const auto d = number(2);
    if (!d || !literal("Tt ")) return std::nullopt;
    const auto h = number(2);
    if (!h || !literal(":")) return std::nullopt;
    const auto mi = number(2);
    if (!mi || !literal(":")) return std::nullopt;
    const auto s = number(2);
    if (!s) return std::nullopt;

    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                              day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    Duration fraction{0};
    if (literal(".")) {
        std::int64_t scale = 100000;
        const std::size_t first = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            fraction += Duration((text[at] - '0') * scale);
            scale /= 10;
            ++at;
        }
        if (at == first) return std::nullopt;
    }
    minutes offset{0};
    if (!literal("Zz")) {
        if (at >= text.size()) return std::nullopt;
        const char sign = text[at];
        if (!literal("+-")) return std::nullopt;
        const auto oh = number(2);
        if (!oh || !literal(":")) return std::nullopt;
        const auto om = number(2);
        if (!om) return std::nullopt;
        offset = minutes(*oh * 60 + *om) * (sign == '-' ? -1 : 1);
    }
    if (at != text.size()) return std::nullopt;
    return Time(sys_days(date)) + hours(*h) + minutes(*mi) + seconds(*s) + fraction - offset;
}

}  // namespace lifeboat
