// Scripted fault points: places where a test makes the process die or an operation fail, on cue
// instead of after a time.
//
// A program reads its script once, at start, from LIFEBOAT_FAULTS: a comma-separated list of
//   POINT[:N]=kill        SIGKILL to ourselves the N-th time POINT is reached (default 1)
//   POINT[:N]=error       throw Error{Unavailable, "ScriptedFault"} that time
//   POINT[:N]=enospc      throw the Error of ENOSPC that time
//   POINT[:N]=eio         throw the Error of EIO that time
//   record=FILE           append the name of every point reached to FILE, one a line
// Without a script a point costs one relaxed load.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::fault {

// Parses and installs a script; an empty one removes it. Throws InvalidInput for an unknown action.
void install(std::string_view script);

// Names of the points reached since a script was installed, each once, in order of first reach.
std::vector<std::string> reached();

extern std::atomic<bool> installed;
void reach_installed(std::string_view point);

inline void reach(std::string_view point) {
    if (installed.load(std::memory_order_relaxed)) reach_installed(point);
}

}  // namespace lifeboat::fault
