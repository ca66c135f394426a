// Objects on their way to a tree.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bucket/bucket.h"
#include "bucket/byte_budget.h"
#include "bucket/object_planner.h"
#include "bucket/object_walk.h"
#include "mover/hard_links.h"
#include "mover/removal.h"
#include "mover/run.h"
#include "mover/temporary.h"

namespace lifeboat::bucket {

class Download final : public ObjectVisitor {
  public:
    // `root` is the open destination root, -1 where there is none yet. With Effect::Look nothing is
    // changed: what would be done is counted and told.
    Download(mover::Run& run, mover::Failures& failures, const Bucket& bucket, ByteBudget& budget,
             mover::TemporaryNames& names, int root, mover::Effect effect);

    bool asks_for_names() const override;
    bool enter(Folder& folder) override;
    void visit(Folder& folder, const std::string& name, const Listed& listed) override;
    void leave(Folder& folder) override;

  private:
    struct Item {
        Folder& folder;
        const std::string& name;
        Object object;
        mover::Plan plan;
        std::string begin;  // the object's first bytes; many only as long as `share` is held
        std::optional<ByteBudget::Share> share;
        std::optional<mover::HardLinks::Claim> claim;

        std::string path() const { return folder.path_of(name); }
    };

    bool skips(Item& item);
    bool has_other_links(Item& item);
    void fetch(Item& item);
    mover::Entry make_file(Item& item);
    mover::Entry make_symlink(const Item& item);
    mover::Entry update(const Item& item);
    void link(Item& item, const mover::HardLinks::Target& target);
    void fill(Item& item, int to);
    void check(const Item& item, int fd);
    void clear_place(const Item& item);
    void count(const Item& item, std::uint64_t bytes);
    void told_only(mover::Action::Kind kind, const Item& item);
    mover::Removal removal(const std::string& reason);

    mover::Run& run_;
    mover::Failures& failures_;
    const Bucket& bucket_;
    ByteBudget& budget_;
    mover::TemporaryNames& names_;
    const int root_;
    const mover::Effect effect_;
    const ObjectPlanner planner_;
    mover::HardLinks links_;
};

// What stands in `folder` at the destination and is no name in the bucket; `visit` gets the name
// and its path.
void each_extra(const Folder& folder, const mover::Filter& filter,
                const std::function<void(const std::string& name, const std::string& path,
                                         mover::Selection selection)>& visit);

}  // namespace lifeboat::bucket
