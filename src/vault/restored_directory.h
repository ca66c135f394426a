// A directory of a restore: what the snapshot has in it, and its handle at the target.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "vault/restore_run.h"
#include "vault/tree.h"

namespace lifeboat::vault {

class RestoredDirectory {
  public:
    // The target itself, or another directory that is there, whose handle is `fd`; none: a dry run,
    // and it is not there.
    RestoredDirectory(os::UniqueFd fd, bool is_whole, std::string at = "")
        : path(std::move(at)), is_taken(is_whole), fd_(std::move(fd)), was_sought_(true) {}
    RestoredDirectory(std::shared_ptr<RestoredDirectory> above, const Node& of, std::string at,
                      bool is_whole)
        : parent(std::move(above)),
          node(of),
          path(std::move(at)),
          depth(parent->depth + 1),
          is_taken(is_whole) {}

    const std::shared_ptr<RestoredDirectory> parent;  // nullptr: the target
    const Node node;
    const std::string path;  // in the snapshot; "" for its root
    const unsigned depth = 0;
    const bool is_taken;  // everything in it is to be restored
    std::vector<Node> nodes;
    std::atomic<std::size_t> unfinished{1};

    std::string path_of(const std::string& name) const { return path + "/" + name; }

    // The directory at the target, made when it is not there; -1 in a dry run that would make it.
    // Thread-safe. Throws the Error of errno; AlreadyExists when something else is in its place
    // and is to stay.
    int handle(const RestoreOptions& options);
    // Has it been opened? -1: no.
    int opened() const { return fd_.get(); }
    // Nothing was in it before this run.
    bool is_fresh() const { return is_fresh_; }
    // May files have their names before they are whole, with mover::kUnfinishedFile? The next run
    // that restores into it removes them then. Not where the file system drops such modes.
    bool marks_unfinished() const { return is_fresh_ && is_new_ && is_taken; }
    bool sets_metadata(const RestoreOptions& options) const {
        return parent && (is_new_ || options.overwrite == Overwrite::Always);
    }
    // Removes what a restore that was killed left half written.
    void remove_strays(RestoreRun& run) const;
    // What lies in it and is not among `nodes`. It is open.
    std::vector<std::string> extra_names(const RestoreOptions& options) const;
    // Closes it and drops what is known of it.
    void close();

  private:
    std::vector<std::string> names(
        const std::function<bool(const std::string& name, bool is_wanted)>& counts) const;
    bool is_marked(const std::string& name) const;
    void make(int above, const RestoreOptions& options);

    std::mutex mutex_;
    os::UniqueFd fd_;  // opened at first need
    bool was_sought_ = false;
    bool is_new_ = false;    // made by this restore, or by one that was killed
    bool is_fresh_ = false;  // made by this one
};

}  // namespace lifeboat::vault
