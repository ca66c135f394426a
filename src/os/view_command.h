// The commands that make and remove views where the kernel has no call for it.
#pragma once

#include <string>
#include <vector>

namespace lifeboat::os {

// What the command prints, in English. Its failure is Error{Unavailable, "CommandFailed"}, its
// absence Error{Unsupported, "NoSuchCommand"}; else as output_of(). Waits ten minutes: a busy pool
// takes its time.
std::string run_view_command(const std::vector<std::string>& command);

}  // namespace lifeboat::os
