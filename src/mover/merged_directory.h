// A directory that stood at the destination before the run: what is missing is put into it.
#pragma once

#include "mover/options.h"
#include "mover/walk.h"

namespace lifeboat::mover {

// The owner may have taken his own rights to write; he needs them until the directory is left.
void let_owner_write(const Directory& directory);

// For one that is not made like its source: gives it the mode it had, and its time of change where
// that was the source's. So a run that mends what a killed one left, and replaces names in it,
// leaves it equal. Throws the Error of errno.
void leave_as_it_was(const Directory& directory, const Options& options);

}  // namespace lifeboat::mover
