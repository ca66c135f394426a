// After a download: looks at the bucket and the tree again and compares everything.
#pragma once

#include "bucket/bucket.h"
#include "bucket/byte_budget.h"
#include "bucket/object_planner.h"
#include "bucket/object_walk.h"
#include "mover/run.h"

namespace lifeboat::bucket {

class DownloadCheck final : public ObjectVisitor {
  public:
    DownloadCheck(mover::Run& run, mover::Failures& failures, const Bucket& bucket,
                  ByteBudget& budget);

    bool asks_for_names() const override;
    bool enter(Folder& folder) override;
    void visit(Folder& folder, const std::string& name, const Listed& listed) override;
    void leave(Folder& folder) override;

  private:
    void count(const std::string& path, const mover::Entry& source);

    mover::Run& run_;
    mover::Failures& failures_;
    const Bucket& bucket_;
    ByteBudget& budget_;
    const ObjectPlanner planner_;
};

}  // namespace lifeboat::bucket
