// A clock that stands still until a test moves it.
#pragma once

#include <vector>

#include "base/clock.h"

namespace lifeboat::testing {

class ManualClock final : public Clock {
  public:
    explicit ManualClock(Time start) : now_(start) {}

    Time now() const override;
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    Time until) const override;
    // Moves time, back when `by` is negative, and wakes everybody who waits by this clock.
    void advance(Duration by);

  private:
    struct Waiter {
        std::mutex* mutex;
        std::condition_variable* changed;
    };
    mutable std::mutex mutex_;
    Time now_;
    mutable std::vector<Waiter> waiters_;
};

}  // namespace lifeboat::testing
