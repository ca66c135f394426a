// Gauges that cost something to count: counted now and then, and kept in between. However often and
// by however many the metrics are read, and however much there is to count, counting takes at most
// two percent of the time.
#pragma once

#include "base/clock.h"
#include "server/metrics.h"

namespace lifeboat::server {

struct KeptFor {
    // At least this long.
    Duration least{std::chrono::seconds(15)};
    // And at least so many times as long as the counting took.
    int times = 50;
};

// A source that asks `source` when what it kept is too old. Thread-safe; whoever comes while it is
// asked waits for the new figures. `clock` outlives the result.
Metrics::Source kept(Metrics::Source source, const Clock& clock, KeptFor length = {});

}  // namespace lifeboat::server
