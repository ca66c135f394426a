// After an upload: looks at the tree and the bucket again and compares everything.
#pragma once

#include "bucket/bucket.h"
#include "bucket/byte_budget.h"
#include "mover/run.h"

namespace lifeboat::bucket {

class UploadCheck final : public mover::Visitor {
  public:
    UploadCheck(mover::Run& run, mover::Failures& failures, const Bucket& bucket,
                ByteBudget& budget);

    bool enter(mover::Directory& directory) override;
    void visit(mover::Directory& directory, const std::string& name, const mover::Entry& source,
               os::UniqueFd opened) override;
    void leave(mover::Directory& directory) override;

  private:
    // nullopt: it was left alone, and is not compared. Throws when it is not as it should be.
    std::optional<Object> require_settled(const std::string& key, const mover::Entry& source) const;
    void count(const std::string& path, const mover::Entry& source);

    mover::Run& run_;
    mover::Failures& failures_;
    const Bucket& bucket_;
    ByteBudget& budget_;
    const mover::Options options_;  // mover::comparing(the run's)
};

}  // namespace lifeboat::bucket
