#include "mover/bandwidth.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::mover {

Bandwidth::Bandwidth(const Clock& clock, std::int64_t bytes_per_second)
    : clock_(clock), rate_(bytes_per_second), counted_(clock.now()) {}

void Bandwidth::set(std::int64_t bytes_per_second) {
    const std::scoped_lock lock(mutex_);
    rate_ = bytes_per_second;
    changed_.notify_all();
}

void Bandwidth::take(std::uint64_t bytes, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (rate_ < 0) {
        owed_ = 0;
        return;
    }
    const std::stop_callback wake(stop, [this] { changed_.notify_all(); });
    bool added = false;
    while (true) {
        if (stop.stop_requested())
            throw Error(ErrorCategory::Cancelled, "Cancelled", "the copy was cancelled");
        if (rate_ < 0) {
            owed_ = 0;
            return;
        }
        const Time now = clock_.now();
        const double passed = std::chrono::duration<double>(now - counted_).count();
        counted_ = now;
        owed_ = std::max(0.0, owed_ - passed * static_cast<double>(rate_));
        if (!added) {
            owed_ += static_cast<double>(bytes);
            added = true;
        }
        // A quarter of a second of burst, so that small files do not wait one by one.
        const double burst = static_cast<double>(rate_) / 4;
        if (owed_ <= burst) return;
        const double seconds = std::clamp((owed_ - burst) / static_cast<double>(rate_), 0.001, 0.5);
        clock_.wait_until(lock, changed_,
                          now + Duration(static_cast<Duration::rep>(seconds * 1e6)));
    }
}

}  // namespace lifeboat::mover
