#include "mover/crew.h"

#include <algorithm>

namespace lifeboat::mover {
namespace {

// Above this the processors are what limits the run; more workers only stand in their way.
constexpr double kBusy = 0.8;
// Twice as many workers must be worth this much, or the last step is taken back.
constexpr double kWorthIt = 1.1;

}  // namespace

Crew::Crew(unsigned workers) : workers_(std::clamp(workers, kFewest, kMost)) {}

void Crew::rest() {
    resting_ = patience_;
    patience_ = std::min(kMostPatience, patience_ * 2);
    last_workers_ = 0;
}

unsigned Crew::adjust(const Sample& sample) {
    if (sample.elapsed.count() <= 0) return workers_;
    const double rate =
        static_cast<double>(sample.done) / std::chrono::duration<double>(sample.elapsed).count();
    // A server that begins to fail is asked less; so is a machine that has no memory left.
    if (sample.memory_is_short || (sample.overloads > 0 && sample.overloads * 10 >= sample.done)) {
        workers_ = std::max(kFewest, workers_ / 2);
        rest();
        return workers_;
    }
    if (resting_ > 0) {
        --resting_;
        return workers_;
    }
    if (!sample.work_waits || sample.processors_used > kBusy) return workers_;
    if (last_workers_ != 0 && rate < last_rate_ * kWorthIt) {
        workers_ = last_workers_;
        rest();
        return workers_;
    }
    last_rate_ = rate;
    last_workers_ = workers_;
    workers_ = std::min(kMost, workers_ * 2);
    return workers_;
}

}  // namespace lifeboat::mover
