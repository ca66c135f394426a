// A tree, a bucket of the local cloud, and a place for what comes back; for tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/encoding.h"
#include "base/fault.h"
#include "base/json.h"
#include "bucket/copy_bucket.h"
#include "local/testing/fixture.h"
#include "mover/copy_tree.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::local::testing {

class BucketFixture : public LocalCloudTest {
  protected:
    BucketFixture() {
        ok("s3", "CreateBucket", {{"Bucket", "homes"}});
        std::filesystem::create_directory(source_);
        std::filesystem::create_directory(back_);
        if (::geteuid() != 0) {
            options_.uid.kind = mover::OwnerRule::Kind::Caller;
            options_.gid.kind = mover::OwnerRule::Kind::Caller;
        }
    }
    ~BucketFixture() override { fault::install(""); }

    mover::Report up(mover::Effect effect = mover::Effect::Change) {
        return bucket::copy_to_bucket(mover::open_root(source_, mover::MissingRoot::Refuse),
                                      cloud(), place_, options_, filter_, around_, effect);
    }
    mover::Report down(mover::Effect effect = mover::Effect::Change) {
        return bucket::copy_from_bucket(cloud(), place_,
                                        mover::open_root(back_, mover::MissingRoot::Make), options_,
                                        filter_, around_, effect);
    }
    static void expect_success(const mover::Report& report) {
        EXPECT_TRUE(report.success());
        for (const mover::Failure& failure : report.failures)
            ADD_FAILURE() << failure.path << ": " << failure.code << ": " << failure.message;
    }
    static std::set<std::string> codes(const mover::Report& report) {
        std::set<std::string> all;
        for (const mover::Failure& failure : report.failures)
            all.insert(failure.code);
        return all;
    }
    void expect_equal() {
        const auto differences = mover::testing::rsync_differences(source_, back_, "aH");
        if (!differences) GTEST_SKIP() << "rsync is not installed: nobody else judges the copy";
        EXPECT_EQ(*differences, "");
    }

    std::set<std::string> keys() {
        std::set<std::string> all;
        const Json page = ok("s3", "ListObjectsV2", {{"Bucket", "homes"}});
        for (const Json& entry : page.value("Contents", Json::array()))
            all.insert(entry["Key"]);
        return all;
    }
    std::size_t uploads() {
        return ok("s3", "ListMultipartUploads", {{"Bucket", "homes"}})["Uploads"].size();
    }
    void put(const std::string& key, const std::string& content,
             const Json& metadata = Json::object()) {
        ok("s3", "PutObject",
           {{"Bucket", "homes"},
            {"Key", key},
            {"Body", base64_encode(content)},
            {"Metadata", metadata}});
    }

    // What a bucket can keep: names that are keys, no devices, no set-uid bits.
    void make_tree() {
        mover::testing::make_sample_tree(source_);
        std::filesystem::remove(source_ / "odd names" / "\xff\xfe");
        std::filesystem::remove_all(source_ / "odd names" / "\xf0\x28 dir");
        if (::geteuid() != 0) return;
        std::filesystem::remove(source_ / "owned" / "fifo");
        std::filesystem::remove(source_ / "owned" / "device");
        ASSERT_EQ(::chmod((source_ / "owned" / "program").c_str(), 0755), 0);
    }
    // Larger than one part.
    void make_large() {
        std::string content((20 << 20) + 5, 'l');
        for (std::size_t i = 0; i < content.size(); i += 4096)
            content[i] = static_cast<char>(i >> 12);
        mover::testing::write_file(source_ / "large", content);
    }

    std::filesystem::path source_ = directory.path() / "source";
    std::filesystem::path back_ = directory.path() / "back";
    bucket::Place place_{"homes", "users/ada", ""};
    mover::Options options_;
    mover::Filter filter_;
    SystemClock system_clock_;
    mover::Surroundings around_{system_clock_, random};
};

}  // namespace lifeboat::local::testing
