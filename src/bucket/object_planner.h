// What should happen at the destination for an object, and why. Looks, never changes.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "bucket/bucket.h"
#include "bucket/byte_budget.h"
#include "bucket/object_walk.h"
#include "mover/plan.h"

namespace lifeboat::bucket {

// What should happen to what stands at `name`, for an object.
class ObjectPlanner {
  public:
    ObjectPlanner(const mover::Options& options, const Bucket& bucket, ByteBudget& budget,
                  std::stop_token stop);

    // `found` is what stands there; `directory` its open directory.
    mover::Plan plan(const Object& object, const std::optional<mover::Entry>& found, int directory,
                     const std::string& name) const;
    // Looks for `folder` at the destination, opens it there, and says what is to be done with it.
    // One that has no object is left as it is where it exists.
    mover::Plan open_beside(Folder& folder) const;

  private:
    std::string data_difference(const Object& object, const mover::Entry& found, int directory,
                                const std::string& name) const;

    // The run's, without attributes: objects have none.
    const mover::Options options_;
    const mover::Planner planner_;
    const Bucket& bucket_;
    ByteBudget& budget_;
    const std::stop_token stop_;
};

// What a folder should have.
mover::Wanted wanted_of(const Folder& folder, const mover::Options& options);

}  // namespace lifeboat::bucket
