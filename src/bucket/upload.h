// A tree on its way to a bucket: each file an object, each directory an empty one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bucket/bucket.h"
#include "bucket/byte_budget.h"
#include "mover/removal.h"
#include "mover/run.h"

namespace lifeboat::bucket {

class Upload final : public mover::Visitor {
  public:
    // With Effect::Look nothing is changed: what would be done is counted and told.
    Upload(mover::Run& run, mover::Failures& failures, const Bucket& bucket, ByteBudget& budget,
           mover::Effect effect)
        : run_(run), failures_(failures), bucket_(bucket), budget_(budget), effect_(effect) {}

    bool enter(mover::Directory& directory) override;
    void visit(mover::Directory& directory, const std::string& name, const mover::Entry& source,
               os::UniqueFd opened) override;
    void leave(mover::Directory& directory) override;

  private:
    // What is to become of one object.
    struct Item {
        const mover::Directory& directory;  // the one itself, or where the file lies
        const std::string& name;            // empty for a directory
        std::string key;
        std::string path;
        const mover::Entry& source;
        mover::Plan plan;
    };

    void carry_out(Item& item);
    void send_file(const Item& item);
    void send_file_once(const Item& item, bool last_try);
    // Returns the ETag.
    std::string send_content(const Item& item, int fd, const mover::Entry& before,
                             const std::function<void()>& require_unchanged);
    void check(const Item& item, int fd, const mover::Entry& before, const std::string& etag) const;
    void count(const Item& item, std::uint64_t bytes);
    // False when what stands in the place of the folder is kept.
    bool make_way(const mover::Directory& directory);
    void remove(const std::string& key, const std::string& path, const std::string& reason);

    mover::Run& run_;
    mover::Failures& failures_;
    const Bucket& bucket_;
    ByteBudget& budget_;
    const mover::Effect effect_;
};

// What should happen to the object of `source`, given what is there. Equal: as far as its metadata
// tells.
mover::Plan plan_object(const mover::Entry& source, const std::optional<Object>& found,
                        const mover::Options& options);
// What should happen to a file's object that has the name of `directory`; nullopt when there is
// none. Keys can say both, a tree cannot.
std::optional<mover::Plan> plan_file_in_place(const Bucket& bucket,
                                              const mover::Directory& directory,
                                              const mover::Options& options);
// Calls `visit` for every selected object that no name of `directory` at the source stands for,
// and for all below folders that are none there. (Files that are folders there are left to
// plan_file_in_place.)
void each_extra(const Bucket& bucket, const mover::Filter& filter,
                const mover::Directory& directory,
                const std::function<void(const std::string& key, const std::string& path)>& visit);
}  // namespace lifeboat::bucket
