// What all passes over a tree share: the options, the counters, and whom to tell.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

#include "mover/bandwidth.h"
#include "mover/filter.h"
#include "mover/hard_links.h"
#include "mover/options.h"
#include "mover/plan.h"
#include "mover/pool.h"
#include "mover/report.h"
#include "mover/walk.h"

namespace lifeboat::mover {

// One thing done, or to be done in a dry run. Verify: read back and found equal.
struct Action {
    enum class Kind { Copy, Update, Delete, Keep, Skip, Verify };
    Kind kind = Kind::Copy;
    std::string path;
    std::string reason;
    std::uint64_t bytes = 0;
    // What stands at the source; nullptr where that was not looked at. Only as long as the call.
    const Entry* source = nullptr;
};
std::string_view to_string(Action::Kind kind);  // "copy", ...

struct Counters {
    std::atomic<std::uint64_t> seen{0};
    std::atomic<std::uint64_t> transferred{0};
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> moved{0};  // includes what was read for copies that failed
    std::atomic<std::uint64_t> data{0};
    std::atomic<std::uint64_t> skipped{0};
    std::atomic<std::uint64_t> verified{0};
    std::atomic<std::uint64_t> deleted{0};
    std::atomic<std::uint64_t> estimated_files{0};
    std::atomic<std::uint64_t> estimated_bytes{0};
    std::atomic<std::uint64_t> estimated_deletions{0};

    // For runs that did not look before.
    void estimate_is_what_was_done();
};

struct Run {
    const Options& options;
    const Filter& filter;
    Counters& counters;
    Bandwidth& bandwidth;
    Pool& pool;
    std::stop_token stop;
    std::function<void(const Action&)> on_action;  // may be empty
    std::mutex action_mutex;

    // Calls on_action, one caller at a time.
    void tell(Action::Kind kind, const std::string& path, const std::string& reason,
              std::uint64_t bytes = 0, const Entry* source = nullptr);
};

// Looks at what stands beside `directory`, opens it there when it is a directory, and says what is
// to be done with the directory itself.
Plan open_beside(Directory& directory, const Planner& planner);

// Is `entry`, found in `directory` at the destination, what a run that was killed left half made?
// Its owner does not tell, because it may have been given its own before it was killed; that nobody
// else could put it into that directory does: it is unfinished and still the run's.
bool is_left_unfinished(const Directory& directory, const Entry& entry);

// Does the run delete what is in `directory` at the destination only?
bool deletes_in(const Directory& directory, const Options& options);

}  // namespace lifeboat::mover
