#include "local/sqs/arrivals.h"

namespace lifeboat::local::sqs {

std::uint64_t Arrivals::count(std::int64_t queue) const {
    const std::scoped_lock lock(mutex_);
    const auto it = counts_.find(queue);
    return it == counts_.end() ? 0 : it->second;
}

void Arrivals::arrived(std::int64_t queue) {
    const std::scoped_lock lock(mutex_);
    ++counts_[queue];
    changed_.notify_all();
}

void Arrivals::wait(std::int64_t queue, std::uint64_t seen, Time until, const Clock& clock) {
    std::unique_lock lock(mutex_);
    ClockWatch watch(clock);
    while (!stopped_ && counts_[queue] == seen && clock.now() < until &&
           watch.set_back() == Duration(0))
        clock.wait_until(lock, changed_, until);
}

void Arrivals::stop() {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
}

bool Arrivals::is_stopped() const {
    const std::scoped_lock lock(mutex_);
    return stopped_;
}

}  // namespace lifeboat::local::sqs
