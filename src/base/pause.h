// Waiting for a while, by a clock that is handed in.
#pragma once

#include "base/clock.h"

namespace lifeboat {

// Returns when `delay` has passed by `clock`, or when the clock was set back meanwhile: nobody
// waits for what was an hour by mistake.
void pause(const Clock& clock, Duration delay);

}  // namespace lifeboat
