// Gives an open file the owner, mode, attributes and times its original has.
#pragma once

#include "mover/attributes.h"
#include "mover/entry.h"

namespace lifeboat::mover {

// For regular files and directories. Owner first, because changing it clears the set-uid bits and
// capabilities; the mode last, because it marks a directory that is unfinished and nothing may be
// missing when the mark goes. Neither attributes nor the mode touch the modification time.
// `attributes` nullptr: left alone.
// Throws the Error of errno naming what could not be set.
void write_metadata(int fd, const Wanted& wanted, const Attributes* attributes);

// For a regular file just made with mode kUnfinishedFile in `directory`, which bequeaths nothing
// but its owner and group: what it has is known, so nothing is looked at.
void write_new_metadata(int fd, const Wanted& wanted, const Attributes& attributes,
                        const Entry& directory);

// For symbolic links, devices, FIFOs and sockets, opened with O_PATH. `directory` and `name` are
// where it lies; they are used only for the times, and only by kernels before 5.8.
void write_link_metadata(int path_fd, int directory, const std::string& name, const Wanted& wanted);

// Throws Error{Corruption, "MetadataNotKept"} when the file as it is now differs from `wanted`.
void check_metadata(const Entry& now, const Wanted& wanted);

}  // namespace lifeboat::mover
