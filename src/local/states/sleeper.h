// Waiting in a blocking operation, until a moment or until the service stops.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/clock.h"

namespace lifeboat::local::states {

class Sleeper {
  public:
    // `clock` must outlive it.
    explicit Sleeper(const Clock& clock) : clock_(clock) {}

    // Comes back early when the clock is set back, for the caller to look anew. Throws
    // Error{Cancelled, "ServiceStopping"} when `stop` was called.
    void sleep_until(Time until);
    // Wakes everybody, for good. Thread-safe.
    void stop();

  private:
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
};

}  // namespace lifeboat::local::states
