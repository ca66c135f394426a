// What to do with one name, and why. Looks, never changes.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "mover/attributes.h"
#include "mover/entry.h"
#include "mover/hard_links.h"
#include "mover/options.h"

namespace lifeboat::mover {

struct Plan {
    enum class Kind {
        Equal,     // nothing to do
        Create,    // nothing stands there
        Replace,   // the data, or the whole file, is another
        Metadata,  // only owner, mode, times or attributes differ
        Keep,      // OverwriteMode leaves what stands there
        Skip,      // a device, FIFO or socket that was not asked for
        Conflict,  // something stands there that must not be destroyed; a failure
    };
    Kind kind = Kind::Equal;
    std::string reason;  // in words, empty for Equal
    std::optional<Entry> destination;

    // Nothing stands in the way of Create, Replace and Metadata.
    bool changes() const {
        return kind == Kind::Create || kind == Kind::Replace || kind == Kind::Metadata;
    }
};

// One name, and where it lies on both sides.
struct Pair {
    int source_directory;
    int destination_directory;  // -1 where there is none yet
    const std::string& name;
    // The file itself where it is open already: asking a handle costs less than asking for a name.
    int source = -1;
    int destination = -1;
};

class Planner {
  public:
    Planner(const Options& options, std::stop_token stop)
        : options_(options), stop_(std::move(stop)) {}

    // For what is no directory at the source, where `source` was found. Opens files only to compare
    // contents (Mtime NONE) or where /proc is missing. Throws the Error of errno.
    Plan plan(const Pair& pair, const Entry& source, const HardLinks::Claim& claim) const;

    // For a directory. `source` is open; `destination` is what stands at its place, `handle` that
    // directory opened, or -1 where it is none.
    Plan plan_directory(int source, const Entry& source_entry,
                        const std::optional<Entry>& destination, int handle) const;

    const Options& options() const { return options_; }

  private:
    std::string data_difference(const Pair& pair, const Entry& source,
                                const Entry& destination) const;
    bool attributes_differ(const Pair& pair, const Wanted& wanted) const;

    const Options& options_;
    std::stop_token stop_;
};

// What OverwriteMode keeps of two files; nullopt: nothing.
std::optional<Plan> plan_to_keep(const Options& options, const Entry& source,
                                 const Entry& destination);
// For what is no directory at the source, where the directory `destination` stands at `name`.
// Throws the Error of errno.
Plan plan_against_directory(const Options& options, int destination_directory,
                            const std::string& name, const Entry& destination);

// What a failure for a conflict says.
[[noreturn]] void throw_conflict(const Plan& plan);

}  // namespace lifeboat::mover
