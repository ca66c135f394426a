// How a view is known as one of ours, and as one that somebody still reads.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace lifeboat::os {

// "lifeboat-view-" and 16 digits: a valid name of a file, of a ZFS snapshot and of an LVM volume.
std::string new_view_name(Random& random);
bool is_view_name(std::string_view name);

// Keeps other processes out that ask for the same, until `fd` and its copies are closed: between
// making a view and claiming it nobody looks for views that were left. Blocks meanwhile. Throws the
// Error of errno.
void keep_view_makers_out(int fd);

// Takes the lock (flock) that says the view is in use, which the kernel gives back when `fd` and
// its copies are closed. false: somebody has it. Throws the Error of errno.
bool claim_view(int fd);

}  // namespace lifeboat::os
