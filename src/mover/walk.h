// Walks the source tree beside the destination, directories in parallel, and hands every selected
// name to a visitor.
//
// Both directories are held open while anything below them is going on; names are listed and handed
// out in small slices, so nothing ever holds a whole directory or tree.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mover/entry.h"
#include "mover/filter.h"
#include "mover/plan.h"
#include "mover/pool.h"
#include "mover/report.h"
#include "os/unique_fd.h"

namespace lifeboat::mover {

// A directory at the source and the one beside it.
struct Directory {
    std::shared_ptr<Directory> parent;  // nullptr for the root
    std::string name;
    std::string path;  // relative to the root, "" for the root
    unsigned depth = 0;
    Selection selection = Selection::Take;
    Entry source_entry;
    os::UniqueFd source;
    os::UniqueFd destination;  // absent in a dry run where it is still to be made

    // Set by visitors.
    Plan plan;           // for the directory itself
    bool fresh = false;  // made by this run, or left unfinished by an earlier one
    // As it was when this run made it: until it is finished only the run puts anything in it, and
    // what it puts there has the same owner and group.
    std::optional<Entry> made;
    // What is made in it may inherit an access control list.
    bool bequeaths = true;

    std::atomic<std::size_t> unfinished{1};

    std::string path_of(const std::string& below) const {
        return path.empty() ? below : path + "/" + below;
    }
};

// Called from many threads. Throws Error to have the file (or the directory and all below it)
// recorded as failed.
class Visitor {
  public:
    virtual ~Visitor() = default;
    // Before anything below; the source is open, the destination is for the visitor to open (the
    // root's is). false: do not go in.
    virtual bool enter(Directory& directory) = 0;
    // One selected name that is no directory. `opened` is the file, open for reading, where
    // opens_files said so and it is a regular one.
    virtual void visit(Directory& directory, const std::string& name, const Entry& source,
                       os::UniqueFd opened) = 0;
    // Will the files in `directory` be read in any case? Looking at the open file then saves
    // looking at its name.
    virtual bool opens_files(const Directory&) const { return false; }
    // After everything below.
    virtual void leave(Directory& directory) = 0;
};

// `name`, open for reading; nothing when it cannot be opened: looking at the name, or opening it
// again, says why.
os::UniqueFd try_open(int directory, const std::string& name);

class Walk {
  public:
    // Deeper trees are reported as failed there: each level holds two open directories.
    static constexpr unsigned kMostDepth = 1000;

    Walk(Pool& pool, const Filter& filter, Phase phase, Visitor& visitor, Failures& failures,
         std::stop_token stop)
        : pool_(pool),
          filter_(filter),
          phase_(phase),
          visitor_(visitor),
          failures_(failures),
          stop_(std::move(stop)) {}

    // Starts at `root`, whose `source` (and, where it exists, `destination`) is open; the work goes
    // on in the pool until it has nothing left. This object must live as long.
    void start(std::shared_ptr<Directory> root);

  private:
    struct Name {
        std::string text;
        unsigned char type = 0;  // a DT_ constant
    };

    void begin(const std::shared_ptr<Directory>& directory);
    void begin_below(const std::shared_ptr<Directory>& parent, const std::string& name,
                     Selection selection);
    void list(const std::shared_ptr<Directory>& directory);
    void submit_directory(const std::shared_ptr<Directory>& parent, const std::string& name,
                          Selection selection);
    void submit_slice(const std::shared_ptr<Directory>& directory, std::vector<Name> names);
    void look_and_visit(const std::shared_ptr<Directory>& directory, const Name& name);
    void finish(std::shared_ptr<Directory> directory);
    // Runs `work`; what it throws becomes a failure of the path that `path` returns. False when it
    // threw.
    template <class Path, class Work>
    bool guarded(Path path, Work work);

    Pool& pool_;
    const Filter& filter_;
    Phase phase_;
    Visitor& visitor_;
    Failures& failures_;
    std::stop_token stop_;
};

}  // namespace lifeboat::mover
