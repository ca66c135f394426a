// How many files the process may have open.
#pragma once

#include <cstdint>
#include <limits>

namespace lifeboat::os {

// Raises the soft limit to what the system lets us have, at most `wanted`. Returns the limit now
// in force, which is the one before where raising is refused. Throws the Error of errno when it
// cannot be read.
std::uint64_t raise_open_file_limit(
    std::uint64_t wanted = std::numeric_limits<std::uint64_t>::max());

// Lets the kernel's table of open files grow to `count` at once, or to the limit. A process that
// has threads waits for all processors whenever its table grows (some ten milliseconds), so this
// is for before there are any. What cannot be done is left alone.
void make_room_for_open_files(std::uint64_t count);

}  // namespace lifeboat::os
