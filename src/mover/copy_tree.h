// Copies a tree to a tree, safely, in parallel, and judges the outcome by what is on the disk.
//
// Three passes, as DataSync has them: prepare (compare and count), transfer, verify (by
// VerifyMode). Nothing outside the two roots is read or written, whoever changes the trees
// meanwhile. Every file appears whole under its name or not at all. A file that cannot be copied is
// reported and the rest goes on. A run that was killed is repaired by running again: what it left
// unfinished is removed or completed. README.md says what the mover defends against and what not.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "base/random.h"
#include "mover/bandwidth.h"
#include "mover/filter.h"
#include "mover/options.h"
#include "mover/report.h"
#include "mover/run.h"
#include "os/unique_fd.h"

namespace lifeboat::mover {

struct Progress {
    Phase phase = Phase::Preparing;
    std::uint64_t files = 0;        // seen while preparing, transferred, verified
    std::uint64_t files_total = 0;  // 0 while preparing
    std::uint64_t bytes = 0;        // read so far
    std::uint64_t bytes_total = 0;
    std::uint64_t deletions_total = 0;
    bool is_estimated = true;  // false: the totals of the transfer are not known
    std::uint64_t failures = 0;
};

// Both open directories. The destination may be absent in a dry run.
struct Roots {
    os::UniqueFd source;
    os::UniqueFd destination;
};

// Whether to walk both trees once before the transfer, to know how much there is to do. Without,
// the estimates of the report are what the transfer found to do.
enum class Estimate { Before, None };

struct Surroundings {
    const Clock& clock;
    Random& random;
    // Asked to stop, the run ends soon; what was begun is taken back, what is done stays.
    std::stop_token stop = {};
    // To change the rate meanwhile; nullptr: as the options say. Must outlive the run.
    Bandwidth* bandwidth = nullptr;
    Estimate estimate = Estimate::Before;
    // From the calling thread: before each phase begins, then about ten times a second.
    std::function<void(const Progress&)> on_progress = {};
    // Each action when it is done (in a dry run: would be), one at a time, from any thread.
    std::function<void(const Action&)> on_action = {};
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
