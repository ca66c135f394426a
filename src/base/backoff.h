// Delays between tries: exponential, capped, with jitter.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/random.h"

namespace lifeboat {

struct Backoff {
    Duration first{std::chrono::milliseconds(100)};
    double rate = 2.0;
    Duration longest{std::chrono::seconds(20)};

    // The delay after failed attempt number `attempt` (1 = the first): between half and the whole
    // of min(first * rate^(attempt-1), longest).
    Duration delay_after(int attempt, Random& random) const;
};

}  // namespace lifeboat
