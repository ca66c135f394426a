#include "local/states/sleeper.h"

#include "base/error.h"

namespace lifeboat::local::states {

void Sleeper::sleep_until(Time until) {
    std::unique_lock lock(mutex_);
    ClockWatch watch(clock_);
    while (!stopped_ && clock_.now() < until && watch.set_back() == Duration(0))
        clock_.wait_until(lock, changed_, until);
    if (stopped_)
        throw Error(ErrorCategory::Cancelled, "ServiceStopping",
                    "the local cloud is stopping; call again when it runs");
}

void Sleeper::stop() {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
}

}  // namespace lifeboat::local::states
