// Does one long thing in parts, with the help of workers who have nothing else to do.
#pragma once

#include <cstdint>
#include <functional>

#include "mover/pool.h"

namespace lifeboat::mover {

// When idle workers are asked.
enum class Help {
    AtOnce,
    // When a step had to wait for something. Where steps only cost processor time, as between files
    // in memory, more workers would wait for each other: a file takes one writer at a time.
    WhenStepsWait,
};

// Calls `work(begin, end)` for all of [0, size) in steps of `step` bytes, in no order, from the
// caller and from idle workers of `pool`, which are asked before each step. Returns when all is
// done; the first exception ends it and is thrown here when nobody works any more.
void for_each_range(Pool& pool, std::uint64_t size, std::uint64_t step, Help when,
                    const std::function<void(std::uint64_t begin, std::uint64_t end)>& work);

}  // namespace lifeboat::mover
