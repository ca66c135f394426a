// Runs an execution until it has to wait or has ended, history first, then effect.
//
// Everything recorded is handed to the journal before anything is done about it: a task's
// TaskStarted is durable before its call is made. The call carries a token made of the execution
// and the event, so that making it again after a crash has no second effect on a cloud that honours
// tokens.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"
#include "flow/execution.h"
#include "flow/outside.h"

namespace lifeboat::flow {

// Makes records durable. `execution` is what it is after them; when it has ended, this is the place
// to note it in the same transaction. Throws to have the advance given up; nothing of the batch may
// have been stored then.
using Journal =
    std::function<void(const Execution& execution, const std::vector<HistoryRecord>& records)>;

struct World {
    cloud::Cloud& cloud;
    const Clock& clock;
    Random& random;
    cloud::Place place;
    // Null where nothing waits for tokens or has child executions; a task that needs it fails then.
    Outside* outside = nullptr;
};

struct Advance {
    bool finished = false;
    // When to advance again; in the past when there is more to do at once.
    Time due;
};

// Blocks during task calls, one after the other. Comes back after about kMostSteps steps even when
// there is more to do, so that long executions share their worker.
Advance advance(Execution& execution, const World& world, const Journal& journal);

inline constexpr int kMostSteps = 2'000;

}  // namespace lifeboat::flow
