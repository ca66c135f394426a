// Time is handed in, so that tests can move it. Only this file asks the system what time it is.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace lifeboat {

using Duration = std::chrono::microseconds;
// UTC.
using Time = std::chrono::sys_time<Duration>;

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    // Waits until `until` by this clock, or until `changed` is notified. Also wakes without a
    // reason now and then (the system's at least every kLongestWait of real time), so that who
    // waits in a loop sees that the clock was set.
    virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                            Time until) const = 0;
};

class SystemClock final : public Clock {
  public:
    static constexpr std::chrono::seconds kLongestWait{5};

    Time now() const override;
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    Time until) const override;
};

// Notices when a clock is set back. Not thread-safe.
class ClockWatch {
  public:
    // Less is the unrest of a clock that is kept right, or of two processors.
    static constexpr std::chrono::seconds kUnrest{1};

    // `clock` must outlive it.
    explicit ClockWatch(const Clock& clock) : clock_(clock), seen_(clock.now()) {}

    // By how much it was set back since the last look, at least; zero when it was not.
    Duration set_back();

  private:
    const Clock& clock_;
    Time seen_;
};

// Seconds since 1970 with fraction, as the AWS JSON protocols write timestamps (millisecond
// precision).
double to_epoch_seconds(Time time);
Time from_epoch_seconds(double seconds);
std::int64_t to_epoch_micros(Time time);
Time from_epoch_micros(std::int64_t micros);

// "2026-01-02T09:18:24Z"; with fraction "2026-01-02T09:18:24.123Z".
std::string to_iso8601(Time time);
// "20260102T091824Z", the basic format.
std::string to_iso8601_basic(Time time);
std::string to_iso8601_millis(Time time);
// RFC 3339 in UTC or with an offset; nullopt when it is not one.
std::optional<Time> parse_iso8601(std::string_view text);

}  // namespace lifeboat
