// A tree, a bucket of the local cloud, and a place for what comes back; for tests.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>

#include "base/json_fwd.h"
#include "bucket/copy_bucket.h"
#include "local/testing/fixture.h"
#include "mover/copy_tree.h"

namespace lifeboat::local::testing {

class BucketFixture : public LocalCloudTest {
  protected:
    BucketFixture();
    ~BucketFixture() override;

    // From `source_` to the bucket, and from there to `back_`.
    mover::Report up(mover::Effect effect = mover::Effect::Change);
    mover::Report down(mover::Effect effect = mover::Effect::Change);
    static void expect_success(const mover::Report& report);
    static std::set<std::string> codes(const mover::Report& report);
    // As rsync sees it, but for attributes.
    void expect_equal();

    std::set<std::string> keys();  // of the bucket "homes"
    std::size_t uploads();
    void put(const std::string& key, const std::string& content);
    void put(const std::string& key, const std::string& content, const Json& metadata);

    // What a bucket can keep: names that are keys, no devices, no set-uid bits.
    void make_tree();
    // Larger than one part.
    void make_large();

    std::filesystem::path source_ = directory.path() / "source";
    std::filesystem::path back_ = directory.path() / "back";
    bucket::Place place_{"homes", "users/ada", ""};
    mover::Options options_;
    mover::Filter filter_;
    SystemClock system_clock_;
    mover::Surroundings around_{system_clock_, random};
};

}  // namespace lifeboat::local::testing
