// Wakes those who wait for messages.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

#include "base/clock.h"

namespace lifeboat::local::sqs {

// Thread-safe.
class Arrivals {
  public:
    // How often something arrived in a queue so far; ask before looking into the queue.
    std::uint64_t count(std::int64_t queue) const;
    void arrived(std::int64_t queue);
    // Waits until something arrived after `seen`, until `until` by the clock, or until stop(). May
    // return early.
    void wait(std::int64_t queue, std::uint64_t seen, Time until, const Clock& clock);

    // Ends all waiting, now and later.
    void stop();
    bool is_stopped() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::int64_t, std::uint64_t> counts_;
    bool stopped_ = false;
};

}  // namespace lifeboat::local::sqs
