// What a run makes at the destination, where others may move and replace things meanwhile.
#pragma once

#include <string>

#include "mover/report.h"
#include "mover/temporary.h"
#include "mover/walk.h"
#include "os/unique_fd.h"

namespace lifeboat::mover {

// Makes `directory` beside its source, unfinished (kUnfinishedDirectory), in the place of a file
// where the plan says Replace. Throws the Error of errno and Error{Unavailable,
// "ReplacedWhileMade"}.
void make_directory(Directory& directory);

// An O_PATH handle of the thing just made, which somebody may have replaced already. Throws as
// above.
os::UniqueFd pin(int directory, const std::string& name, mode_t type);

// Throws Error{Unavailable, "MovedWhileCopied"} when `directory` does not lie any more where it was
// found or made.
void require_in_place(const Directory& directory);

// Removes what runs that were killed left in the directory at the destination.
void remove_strays(const Directory& directory, const TemporaryNames& names, Failures& failures);

}  // namespace lifeboat::mover
