#include "server/kept_gauges.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace lifeboat::server {
namespace {

struct Kept {
    std::mutex mutex;
    std::vector<Metrics::Gauge> gauges;
    Time until = Time::min();
};

}  // namespace

Metrics::Source kept(Metrics::Source source, const Clock& clock, KeptFor length) {
    return [source = std::move(source), &clock, length, state = std::make_shared<Kept>()] {
        const std::scoped_lock lock(state->mutex);
        const Time began = clock.now();
        if (began < state->until) return state->gauges;
        state->gauges = source();
        const Time ended = clock.now();
        state->until = ended + std::max(length.least, (ended - began) * length.times);
        return state->gauges;
    };
}

}  // namespace lifeboat::server
