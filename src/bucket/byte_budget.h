// How many bytes of parts may be in memory at a time, whoever sends or fetches them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "base/error.h"

namespace lifeboat::bucket {

class ByteBudget {
  public:
    explicit ByteBudget(std::uint64_t most) : most_(most) {}

    // Held for as long as the bytes are. More than there is in all is given to one at a time.
    // Whoever holds one must not wait for somebody who may need another.
    class Share {
      public:
        // Blocks until there is room. Throws Error{Cancelled} when `stop` is asked for before.
        Share(ByteBudget& budget, std::uint64_t bytes, const std::stop_token& stop)
            : budget_(budget), bytes_(bytes) {
            std::unique_lock lock(budget_.mutex_);
            const bool has_room = budget_.freed_.wait(lock, stop, [this] {
                return budget_.used_ == 0 || budget_.used_ + bytes_ <= budget_.most_;
            });
            if (!has_room)
                throw Error(ErrorCategory::Cancelled, "Cancelled", "the copy was cancelled");
            budget_.used_ += bytes_;
        }
        ~Share() {
            {
                const std::scoped_lock lock(budget_.mutex_);
                budget_.used_ -= bytes_;
            }
            budget_.freed_.notify_all();
        }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

      private:
        ByteBudget& budget_;
        const std::uint64_t bytes_;
    };

  private:
    const std::uint64_t most_;
    std::uint64_t used_ = 0;
    std::mutex mutex_;
    std::condition_variable_any freed_;
};

// A request's JSON holds its bytes as text, so each counts some four times.
inline constexpr std::uint64_t kBytesInFlight = std::uint64_t{32} << 20;

}  // namespace lifeboat::bucket
