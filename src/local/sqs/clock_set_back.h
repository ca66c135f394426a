// Queues when the clock is set back: messages that wait to be handed out, again or for the first
// time, wait no longer than they would have, and nothing is taken for a repetition for longer.
#pragma once

#include "base/clock.h"
#include "local/database.h"

namespace lifeboat::local::sqs {

// `by` before `now`, which is the time by the clock as it is set. What was sent and received since
// then stays as it is.
void follow_clock_back(Transaction& tx, Time now, Duration by);

}  // namespace lifeboat::local::sqs
