// Queues when the clock is set back: messages that wait to be handed out, again or for the first
// time, wait no longer than they would have, and nothing is taken for a repetition for longer.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "local/database.h"

namespace lifeboat::local::sqs {

// A clock that is set back is noticed sooner than this while the process runs.
inline constexpr std::chrono::seconds kNoticedWithin{10};

// `by` before `now`, which is the time by the clock as it is set. What was sent or received within
// the last kNoticedWithin by that clock came after it was set, or looks as if, and stays as it is.
void follow_clock_back(Transaction& tx, Time now, Duration by);

}  // namespace lifeboat::local::sqs
