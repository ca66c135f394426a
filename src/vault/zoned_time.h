// A moment to the nanosecond and the zone it was written in, as Go's time.Time in JSON (RFC 3339
// with as many digits as it takes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

struct timespec;

namespace lifeboat::vault {

struct ZonedTime {
    std::int64_t seconds = 0;  // since 1970, UTC
    std::int32_t nanoseconds = 0;
    std::int32_t offset = 0;  // of the zone, in seconds east of Greenwich

    // In the zone of this machine. Years outside 0 to 9999, which have no text, are bounded.
    static ZonedTime local(const timespec& time);
    static ZonedTime local(Time time);
    // Throws Corruption.
    static ZonedTime parse(std::string_view text);
    Time time() const;

    // The same moment, wherever it was written.
    friend bool operator==(const ZonedTime& a, const ZonedTime& b) {
        return a.seconds == b.seconds && a.nanoseconds == b.nanoseconds;
    }
    friend auto operator<=>(const ZonedTime& a, const ZonedTime& b) {
        if (const auto order = a.seconds <=> b.seconds; order != 0) return order;
        return a.nanoseconds <=> b.nanoseconds;
    }
};

void append_text(std::string& out, const ZonedTime& time);
std::string to_text(const ZonedTime& time);

}  // namespace lifeboat::vault
