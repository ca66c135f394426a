#include "vault/zoned_time.h"

#include <time.h>

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

using namespace std::chrono;

// 0000-01-01 and the end of 9999, with room for a zone.
constexpr std::int64_t kFirst = -62167219200 + 86400;
constexpr std::int64_t kLast = 253402300799 - 86400;

void append_number(std::string& out, std::int64_t value, int digits) {
    char text[20];
    for (int i = digits - 1; i >= 0; --i, value /= 10)
        text[i] = static_cast<char>('0' + value % 10);
    out.append(text, static_cast<std::size_t>(digits));
}

}  // namespace

ZonedTime ZonedTime::local(const timespec& time) {
    const std::int64_t seconds = std::clamp<std::int64_t>(time.tv_sec, kFirst, kLast);
    const time_t moment = static_cast<time_t>(seconds);
    tm parts{};
    ::localtime_r(&moment, &parts);
    // A zone that is no whole number of minutes (before 1900) has no text.
    const auto offset = static_cast<std::int32_t>(parts.tm_gmtoff / 60 * 60);
    return {seconds, static_cast<std::int32_t>(time.tv_nsec), offset};
}

ZonedTime ZonedTime::local(Time time) {
    const auto whole = floor<std::chrono::seconds>(time);
    return local(timespec{whole.time_since_epoch().count(),
                          duration_cast<std::chrono::nanoseconds>(time - whole).count()});
}

Time ZonedTime::time() const {
    return Time(std::chrono::seconds(seconds)) + microseconds(nanoseconds / 1000);
}

ZonedTime ZonedTime::parse(std::string_view text) {
    const auto refuse = [&]() -> Error {
        return Error(ErrorCategory::Corruption, "InvalidTime",
                     "'" + std::string(text) + "' is no time");
    };
    std::size_t at = 0;
    const auto number = [&](int digits) {
        std::int64_t value = 0;
        for (int i = 0; i < digits; ++i, ++at) {
            if (at >= text.size() || text[at] < '0' || text[at] > '9') throw refuse();
            value = value * 10 + (text[at] - '0');
        }
        return value;
    };
    const auto mark = [&](char expected) {
        if (at >= text.size() || text[at++] != expected) throw refuse();
    };
    const auto y = number(4);
    mark('-');
    const auto m = number(2);
    mark('-');
    const auto d = number(2);
    mark('T');
    const auto hour = number(2);
    mark(':');
    const auto minute = number(2);
    mark(':');
    const auto second = number(2);
    const year_month_day date(year(static_cast<int>(y)), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d)));
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) throw refuse();
    ZonedTime time;
    if (at < text.size() && text[at] == '.') {
        ++at;
        std::int32_t unit = 100'000'000;
        const std::size_t first = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            time.nanoseconds += (text[at++] - '0') * unit;
            unit /= 10;
        }
        if (at == first) throw refuse();
    }
    if (at >= text.size()) throw refuse();
    if (text[at] == 'Z') {
        ++at;
    } else {
        const char sign = text[at++];
        if (sign != '+' && sign != '-') throw refuse();
        const auto hours = number(2);
        mark(':');
        const auto minutes = number(2);
        if (hours > 23 || minutes > 59) throw refuse();
        time.offset = static_cast<std::int32_t>((hours * 60 + minutes) * 60);
        if (sign == '-') time.offset = -time.offset;
    }
    if (at != text.size()) throw refuse();
    time.seconds = sys_seconds(sys_days(date)).time_since_epoch().count() + hour * 3600 +
                   minute * 60 + second - time.offset;
    return time;
}

void append_text(std::string& out, const ZonedTime& time) {
    const sys_seconds moment{seconds(time.seconds + time.offset)};
    const auto midnight = floor<days>(moment);
    const year_month_day date(midnight);
    const hh_mm_ss clock(moment - midnight);
    append_number(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_number(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_number(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_number(out, clock.hours().count(), 2);
    out += ':';
    append_number(out, clock.minutes().count(), 2);
    out += ':';
    append_number(out, clock.seconds().count(), 2);
    if (time.nanoseconds != 0) {
        out += '.';
        append_number(out, time.nanoseconds, 9);
        while (out.back() == '0')
            out.pop_back();
    }
    if (time.offset == 0) {
        out += 'Z';
        return;
    }
    const int minutes = std::abs(time.offset) / 60;
    out += time.offset < 0 ? '-' : '+';
    append_number(out, minutes / 60, 2);
    out += ':';
    append_number(out, minutes % 60, 2);
}

std::string to_text(const ZonedTime& time) {
    std::string out;
    append_text(out, time);
    return out;
}

}  // namespace lifeboat::vault
