#include "local/testing/bucket_fixture.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/fault.h"
#include "base/json.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::local::testing {

namespace fs = std::filesystem;

BucketFixture::BucketFixture() {
    ok("s3", "CreateBucket", {{"Bucket", "homes"}});
    fs::create_directory(source_);
    fs::create_directory(back_);
    if (::geteuid() != 0) {
        options_.uid.kind = mover::OwnerRule::Kind::Caller;
        options_.gid.kind = mover::OwnerRule::Kind::Caller;
    }
}

BucketFixture::~BucketFixture() {
    fault::install("");
}

mover::Report BucketFixture::up(mover::Effect effect) {
    return bucket::copy_to_bucket(mover::open_root(source_, mover::MissingRoot::Refuse), cloud(),
                                  place_, options_, filter_, around_, effect);
}

mover::Report BucketFixture::down(mover::Effect effect) {
    return bucket::copy_from_bucket(cloud(), place_,
                                    mover::open_root(back_, mover::MissingRoot::Make), options_,
                                    filter_, around_, effect);
}

void BucketFixture::expect_success(const mover::Report& report) {
    EXPECT_TRUE(report.success());
    for (const mover::Failure& failure : report.failures)
        ADD_FAILURE() << failure.path << ": " << failure.code << ": " << failure.message;
}

std::set<std::string> BucketFixture::codes(const mover::Report& report) {
    std::set<std::string> all;
    for (const mover::Failure& failure : report.failures)
        all.insert(failure.code);
    return all;
}

void BucketFixture::expect_equal() {
    const auto differences = mover::testing::rsync_differences(source_, back_, "aH");
    if (!differences) GTEST_SKIP() << "rsync is not installed: nobody else judges the copy";
    EXPECT_EQ(*differences, "");
}

std::set<std::string> BucketFixture::keys() {
    std::set<std::string> all;
    const Json page = ok("s3", "ListObjectsV2", {{"Bucket", "homes"}});
    for (const Json& entry : page.value("Contents", Json::array()))
        all.insert(entry["Key"]);
    return all;
}

std::size_t BucketFixture::uploads() {
    return ok("s3", "ListMultipartUploads", {{"Bucket", "homes"}})["Uploads"].size();
}

void BucketFixture::put(const std::string& key, const std::string& content) {
    put(key, content, Json::object());
}

void BucketFixture::put(const std::string& key, const std::string& content, const Json& metadata) {
    ok("s3", "PutObject",
       {{"Bucket", "homes"},
        {"Key", key},
        {"Body", base64_encode(content)},
        {"Metadata", metadata}});
}

void BucketFixture::make_tree() {
    mover::testing::make_sample_tree(source_);
    fs::remove(source_ / "odd names" / "\xff\xfe");
    fs::remove_all(source_ / "odd names" / "\xf0\x28 dir");
    if (::geteuid() != 0) return;
    fs::remove(source_ / "owned" / "fifo");
    fs::remove(source_ / "owned" / "device");
    ASSERT_EQ(::chmod((source_ / "owned" / "program").c_str(), 0755), 0);
}

void BucketFixture::make_large() {
    std::string content((20 << 20) + 5, 'l');
    for (std::size_t i = 0; i < content.size(); i += 4096)
        content[i] = static_cast<char>(i >> 12);
    mover::testing::write_file(source_ / "large", content);
}

}  // namespace lifeboat::local::testing
