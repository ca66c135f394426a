// The world a run gets, and what it tells about itself while it goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "base/random.h"
#include "mover/bandwidth.h"
#include "mover/report.h"
#include "mover/run.h"

namespace lifeboat::mover {

struct Progress {
    Phase phase = Phase::Preparing;
    std::uint64_t files = 0;        // seen while preparing, transferred, verified
    std::uint64_t files_total = 0;  // 0 while preparing
    std::uint64_t bytes = 0;        // read so far
    std::uint64_t bytes_total = 0;
    std::uint64_t deletions_total = 0;
    bool is_estimated = true;  // false: the totals of the transfer are not known
    std::uint64_t failures = 0;
};

// Whether to walk both trees once before the transfer, to know how much there is to do. Without,
// the estimates of the report are what the transfer found to do.
enum class Estimate { Before, None };

struct Surroundings {
    const Clock& clock;
    Random& random;
    // Asked to stop, the run ends soon; what was begun is taken back, what is done stays.
    std::stop_token stop = {};
    // To change the rate meanwhile; nullptr: as the options say. Must outlive the run.
    Bandwidth* bandwidth = nullptr;
    Estimate estimate = Estimate::Before;
    // From the calling thread: before each phase begins, then about ten times a second. What it
    // throws stops the run and is thrown when all workers have ended.
    std::function<void(const Progress&)> on_progress = {};
    // Each action when it is done (in a dry run: would be), one at a time, from any thread. It must
    // not throw, and neither must on_failure: what is told has happened.
    std::function<void(const Action&)> on_action = {};
    // Each failure (not those of the estimate), one at a time, from any thread.
    std::function<void(const Failure&)> on_failure = {};
};

}  // namespace lifeboat::mover
