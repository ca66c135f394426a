// The objects below a prefix as the tree they are, beside a tree on the disk: lists them in the
// order of their keys and hands them to a visitor, files in parallel.
//
// A page of keys is held, with what its folders say, and of each directory on the way its handle.
// Keys that are no names in a tree are failures and go no further; so is a folder that has the name
// of a file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bucket/bucket.h"
#include "mover/filter.h"
#include "mover/pool.h"
#include "mover/report.h"
#include "mover/walk.h"

namespace lifeboat::bucket {

// Which names a folder has, as eight bytes each. (That two names have the same is so unlikely that
// nothing is done about it but never to delete for it: a name that is not held is there for certain
// not.)
class NameSet {
  public:
    void add(std::string_view name);
    // After the last add().
    bool may_hold(std::string_view name) const;
    void seal();

  private:
    std::vector<std::uint64_t> hashes_;  // sorted once sealed
};

// Which of the names listed so far a later one may have as its beginning. For names in the order of
// their keys, where "a", "a-b" and "a/c" follow each other.
class NamesBefore {
  public:
    void add(std::string_view name) {
        drop_before(name);
        names_.emplace_back(name);
    }
    bool holds(std::string_view name) {
        drop_before(name);
        return !names_.empty() && names_.back() == name;
    }

  private:
    void drop_before(std::string_view name) {
        while (!names_.empty() && !name.starts_with(names_.back()))
            names_.pop_back();
    }
    std::vector<std::string> names_;  // each begins with the one before
};

// A directory that has no `source`: its `source_entry` is what its object says, or what folders
// without one have.
struct Folder : mover::Directory {
    bool has_object = false;
    NameSet names;  // sealed when it is left; empty unless the visitor asks for names
    NamesBefore files;
};

// Called from many threads, as mover::Visitor.
class ObjectVisitor {
  public:
    virtual ~ObjectVisitor() = default;
    virtual bool asks_for_names() const { return false; }
    virtual bool enter(Folder& folder) = 0;
    // One selected object that stands for a file.
    virtual void visit(Folder& folder, const std::string& name, const Listed& object) = 0;
    virtual void leave(Folder& folder) = 0;
};

class ObjectWalk {
  public:
    ObjectWalk(mover::Pool& pool, const mover::Filter& filter, mover::Phase phase,
               const Bucket& bucket, ObjectVisitor& visitor, mover::Failures& failures,
               std::stop_token stop)
        : pool_(pool),
          filter_(filter),
          phase_(phase),
          bucket_(bucket),
          visitor_(visitor),
          failures_(failures),
          stop_(std::move(stop)) {}

    // `root` has its `destination` open where there is one. The work goes on in the pool; this
    // object must live as long. A bucket with nothing below the prefix is an error that the pool
    // throws: Error{NotFound, "NothingAtSource"}.
    void start(std::shared_ptr<Folder> root);

  private:
    using FolderPtr = std::shared_ptr<Folder>;

    void list(const FolderPtr& root);
    // Asks for all folders of a page at once.
    void look_at_folders(const std::vector<Listed>& page);
    std::optional<Object> folder_at(const std::string& key);
    void take(const Listed& object);
    // Leaves what `path` does not lie in and goes into what it lies in; false: it is left out.
    bool go_to(std::string_view path);
    bool enter(FolderPtr folder, const std::string& key);
    void visit(const std::string& name, const Listed& object);
    void finish(FolderPtr folder);
    template <class Work>
    bool guarded(const std::string& path, Work work);

    mover::Pool& pool_;
    const mover::Filter& filter_;
    const mover::Phase phase_;
    const Bucket& bucket_;
    ObjectVisitor& visitor_;
    mover::Failures& failures_;
    const std::stop_token stop_;

    // Of the task that lists: the directories from the root to where it is.
    std::vector<FolderPtr> way_;
    std::string left_out_;  // a folder's key; nothing below it is looked at
    // Of the page that is listed, those that have objects; nullopt: not known yet.
    std::map<std::string, std::optional<Object>> folders_;
};

}  // namespace lifeboat::bucket
