#include "base/pause.h"

namespace lifeboat {

void pause(const Clock& clock, Duration delay) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const Time began = clock.now();
    for (Time now = began; now >= began && now < began + delay; now = clock.now())
        clock.wait_until(lock, never, began + delay);
}

}  // namespace lifeboat
