// Bytes per second, shared by all workers of a run and changeable while it goes on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "base/clock.h"

namespace lifeboat::mover {

class Bandwidth {
  public:
    // -1: no limit. `clock` must outlive this.
    Bandwidth(const Clock& clock, std::int64_t bytes_per_second);

    // Thread-safe; those who wait now go by the new rate.
    void set(std::int64_t bytes_per_second);

    // Waits until `bytes` more may be moved. Throws Error{Cancelled} when `stop` is asked for.
    void take(std::uint64_t bytes, const std::stop_token& stop);

  private:
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t rate_;
    // Bytes that were let through and are not yet paid for, as of `counted_`.
    double owed_ = 0;
    Time counted_;
};

}  // namespace lifeboat::mover
