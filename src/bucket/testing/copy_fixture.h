// A tree, a bucket in memory, and a place for what comes back; for tests.
#pragma once

#include <filesystem>
#include <string>

#include "bucket/bucket.h"
#include "bucket/copy_bucket.h"
#include "bucket/testing/memory_s3.h"
#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::bucket::testing {

class CopyFixture : public mover::testing::CopyFixture {
  protected:
    // Many, so that what goes wrong between them does.
    CopyFixture() { options_.workers = 8; }

    // From `source_` to the bucket, and from there to `destination_`.
    mover::Report up(const mover::Surroundings& around) {
        return copy_to_bucket(mover::open_root(source_, mover::MissingRoot::Refuse), s3_, place_,
                              options_, filter_, around, mover::Effect::Change);
    }
    mover::Report down(const mover::Surroundings& around) {
        return copy_from_bucket(s3_, place_,
                                mover::open_root(destination_, mover::MissingRoot::Make), options_,
                                filter_, around, mover::Effect::Change);
    }
    mover::Report up() { return up(surroundings()); }
    mover::Report down() { return down(surroundings()); }
    void expect_equal() {
        if (const auto differences = mover::testing::rsync_differences(source_, destination_, "aH"))
            EXPECT_EQ(*differences, "");
    }

    MemoryS3 s3_;
    Place place_{"bucket", "a/b", ""};
};

}  // namespace lifeboat::bucket::testing
