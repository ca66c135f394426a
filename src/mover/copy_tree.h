// Copies a tree to a tree, safely, in parallel, and judges the outcome by what is on the disk.
//
// Three passes, as DataSync has them: prepare (compare and count), transfer, verify (by
// VerifyMode). Nothing outside the two roots is read or written, whoever changes the trees
// meanwhile. Every file appears whole under its name or not at all. A file that cannot be copied is
// reported and the rest goes on. A run that was killed is repaired by running again: what it left
// unfinished is removed or completed. README.md says what the mover defends against and what not.
#pragma once

#include <filesystem>

#include "mover/filter.h"
#include "mover/options.h"
#include "mover/report.h"
#include "mover/surroundings.h"
#include "os/unique_fd.h"

namespace lifeboat::mover {

// Both open directories. The destination may be absent in a dry run.
struct Roots {
    os::UniqueFd source;
    os::UniqueFd destination;
};

// Opens a root that a trusted person named: links in the path are followed. With `make` a missing
// last component is made, and finished by the run.
enum class MissingRoot { Refuse, Make };
os::UniqueFd open_root(const std::filesystem::path& path, MissingRoot missing);

// Blocks until done. What happened to single files is in the report. Throws InvalidInput when the
// destination lies within the source (or the source within the destination where things are
// deleted), Error{Unavailable, "DestinationBusy"} while another run writes to the same root, and
// the Error of errno when a root cannot be used at all.
Report copy_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings);

// The dry run: only the first pass; changes nothing.
Report plan_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings);

}  // namespace lifeboat::mover
