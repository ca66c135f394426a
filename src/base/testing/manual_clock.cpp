#include "base/testing/manual_clock.h"

#include <algorithm>

namespace lifeboat::testing {

Time ManualClock::now() const {
    const std::scoped_lock lock(mutex_);
    return now_;
}

void ManualClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                             Time until) const {
    {
        const std::scoped_lock own(mutex_);
        if (now_ >= until) return;
        waiters_.push_back({lock.mutex(), &changed});
    }
    changed.wait(lock);
    const std::scoped_lock own(mutex_);
    const auto it = std::find_if(waiters_.begin(), waiters_.end(),
                                 [&](const Waiter& waiter) { return waiter.changed == &changed; });
    if (it != waiters_.end()) waiters_.erase(it);
}

void ManualClock::advance(Duration by) {
    std::vector<Waiter> waiters;
    {
        const std::scoped_lock lock(mutex_);
        now_ += by;
        waiters = waiters_;
    }
    for (const Waiter& waiter : waiters) {
        // Holding the waiter's mutex, so that a waiter between its check and its wait is not
        // missed.
        const std::scoped_lock lock(*waiter.mutex);
        waiter.changed->notify_all();
    }
}

}  // namespace lifeboat::testing
