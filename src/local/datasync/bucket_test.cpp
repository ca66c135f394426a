// Homes to a bucket and back, through the local cloud's own S3.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "local/testing/bucket_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using mover::testing::count_temporaries;
using mover::testing::read_file;
using mover::testing::write_file;

using BucketCopy = testing::BucketFixture;

TEST_F(BucketCopy, ThereAndBackIsEqual) {
    make_tree();
    make_large();
    const mover::Report there = up();
    expect_success(there);
    EXPECT_EQ(there.files_verified, there.files_seen);
    EXPECT_EQ(there.files_transferred, there.estimated_files_to_transfer);
    EXPECT_EQ(there.bytes_written, there.estimated_bytes_to_transfer);
    const mover::Report again = down();
    expect_success(again);
    EXPECT_EQ(again.files_verified, again.files_seen);
    EXPECT_EQ(again.files_seen, there.files_seen);
    expect_equal();
    EXPECT_EQ(count_temporaries(back_), 0);
}

TEST_F(BucketCopy, ASecondRunCopiesNothing) {
    make_tree();
    expect_success(up());
    const mover::Report up_again = up();
    expect_success(up_again);
    EXPECT_EQ(up_again.files_transferred, 0U);
    EXPECT_EQ(up_again.estimated_files_to_transfer, 0U);
    expect_success(down());
    const mover::Report down_again = down();
    expect_success(down_again);
    EXPECT_EQ(down_again.files_transferred, 0U);
    expect_equal();
}

TEST_F(BucketCopy, OneFileReadBackIsEnoughForOnlyFilesTransferred) {
    make_tree();
    options_.verify_mode = mover::VerifyMode::OnlyFilesTransferred;
    const mover::Report there = up();
    expect_success(there);
    EXPECT_EQ(there.verify_status, mover::PhaseStatus::Success);
    EXPECT_GT(there.files_verified, 100U);
    expect_success(down());
    expect_equal();
}

TEST_F(BucketCopy, BringsChangesOverAndDeletes) {
    make_tree();
    expect_success(up());
    expect_success(down());
    write_file(source_ / "small", "SMALL");
    fs::remove(source_ / "many0" / "file0");
    fs::remove_all(source_ / "many1");
    write_file(source_ / "many1", "a file now");
    fs::remove(source_ / "big");
    fs::create_directory(source_ / "big");
    write_file(source_ / "big" / "inside", "x");
    fs::permissions(source_ / "modes" / "script", fs::perms(0700));
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    expect_success(up());
    EXPECT_FALSE(keys().contains("users/ada/many0/file0"));
    EXPECT_FALSE(keys().contains("users/ada/many1/"));
    EXPECT_FALSE(keys().contains("users/ada/big"));
    expect_success(down());
    expect_equal();
}

TEST_F(BucketCopy, WithoutRemoveNothingIsDeleted) {
    write_file(source_ / "a", "a");
    expect_success(up());
    put("users/ada/other/file", "stays");
    write_file(back_ / "mine", "stays");
    expect_success(up());
    expect_success(down());
    EXPECT_TRUE(keys().contains("users/ada/other/file"));
    EXPECT_EQ(read_file(back_ / "mine"), "stays");
    EXPECT_EQ(read_file(back_ / "other" / "file"), "stays");
}

TEST_F(BucketCopy, KeepsToItsPrefix) {
    write_file(source_ / "a", "a");
    put("users/ada2/file", "another's");
    put("users/ad", "another's");
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    expect_success(up());
    EXPECT_TRUE(keys().contains("users/ada2/file"));
    EXPECT_TRUE(keys().contains("users/ad"));
    expect_success(down());
    EXPECT_FALSE(fs::exists(back_ / "file"));
}

TEST_F(BucketCopy, FiltersHoldBothWays) {
    for (const char* path : {"keep/a", "keep/tmp/b", "other/c"}) {
        fs::create_directories((source_ / path).parent_path());
        write_file(source_ / path, path);
    }
    filter_ = mover::Filter("/keep", "*/tmp");
    put("users/ada/other/theirs", "stays");
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    expect_success(up());
    EXPECT_TRUE(keys().contains("users/ada/keep/a"));
    EXPECT_FALSE(keys().contains("users/ada/keep/tmp/b"));
    EXPECT_FALSE(keys().contains("users/ada/other/c"));
    EXPECT_TRUE(keys().contains("users/ada/other/theirs"));
    expect_success(down());
    EXPECT_EQ(read_file(back_ / "keep" / "a"), "keep/a");
    EXPECT_FALSE(fs::exists(back_ / "other"));
}

TEST_F(BucketCopy, ADryRunChangesNothing) {
    make_tree();
    const mover::Report planned = up(mover::Effect::Look);
    EXPECT_TRUE(keys().empty());
    const mover::Report done = up();
    EXPECT_EQ(planned.estimated_files_to_transfer, done.files_transferred);
    EXPECT_EQ(planned.estimated_bytes_to_transfer, done.bytes_written);
    const mover::Report planned_back = down(mover::Effect::Look);
    EXPECT_TRUE(fs::is_empty(back_));
    const mover::Report back = down();
    EXPECT_EQ(planned_back.estimated_files_to_transfer, back.files_transferred);
}

TEST_F(BucketCopy, HostileKeysTouchNothing) {
    const fs::path outside = directory.path() / "outside";
    fs::create_directory(outside);
    put("users/ada/good", "good");
    put("users/ada/folder/", "");
    for (const std::string& key :
         {std::string("../outside/a"), std::string("folder/../../outside/b"),
          std::string("/outside/c"), std::string("./d"), std::string("folder//e"),
          std::string(".."), std::string("folder/.."), "folder/" + std::string(256, 'f'),
          directory.path().string() + "/outside/g"})
        put("users/ada/" + key, "evil");
    // A link that leads outside, and an object that asks to be written through it.
    put("users/ada/link", outside.string(), {{"file-permissions", "0120777"}});
    put("users/ada/link/h", "evil");
    const mover::Report report = down();
    EXPECT_EQ(report.failures_total, 10U);
    EXPECT_EQ(codes(report), (std::set<std::string>{"InvalidKey", "NameTwice"}));
    EXPECT_TRUE(fs::is_empty(outside));
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(back_))
        names.insert(entry.path().filename());
    EXPECT_EQ(names, (std::set<std::string>{"folder", "good", "link"}));
    EXPECT_TRUE(fs::is_empty(back_ / "folder"));
    EXPECT_EQ(fs::read_symlink(back_ / "link"), outside);
}

TEST_F(BucketCopy, LinksAtTheDestinationAreNotFollowed) {
    const fs::path outside = directory.path() / "outside";
    fs::create_directory(outside);
    write_file(outside / "file", "theirs");
    fs::create_directory(source_ / "folder");
    write_file(source_ / "folder" / "file", "mine");
    write_file(source_ / "plain", "mine");
    expect_success(up());
    fs::create_directory_symlink(outside, back_ / "folder");
    fs::create_symlink(outside / "file", back_ / "plain");
    expect_success(down());
    EXPECT_EQ(read_file(outside / "file"), "theirs");
    EXPECT_FALSE(fs::is_symlink(back_ / "folder"));
    EXPECT_EQ(read_file(back_ / "folder" / "file"), "mine");
}

TEST_F(BucketCopy, SetUidBitsAndDevicesFromABucketMeanNothing) {
    put("users/ada/program", "x", {{"file-permissions", "0104755"}, {"file-owner", "0"}});
    put("users/ada/device", "", {{"file-permissions", "0020666"}});
    expect_success(down());
    struct stat status {};
    ASSERT_EQ(::stat((back_ / "program").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0755U);
    EXPECT_FALSE(fs::exists(back_ / "device"));
}

TEST_F(BucketCopy, NamesThatAreNoKeysAreReportedAndTheRestIsCopied) {
    write_file(source_ / "good", "x");
    write_file(source_ / "\xff\xfe", "x");
    fs::path deep = source_;
    for (int i = 0; i < 5; ++i)
        deep /= std::string(250, 'd');
    fs::create_directories(deep);
    const mover::Report report = up();
    EXPECT_EQ(codes(report), std::set<std::string>{"NameNotAllowed"});
    EXPECT_TRUE(keys().contains("users/ada/good"));
    EXPECT_FALSE(report.success());
}

TEST_F(BucketCopy, ObjectsOfOthersComeWithDefaults) {
    put("users/ada/deep/er/file", "theirs");
    expect_success(down());
    EXPECT_EQ(read_file(back_ / "deep" / "er" / "file"), "theirs");
    struct stat status {};
    ASSERT_EQ(::stat((back_ / "deep").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0755U);
    const mover::Report again = down();
    expect_success(again);
    EXPECT_EQ(again.files_transferred, 0U);
}

TEST_F(BucketCopy, AnEmptySourceDeletesNothing) {
    write_file(back_ / "mine", "x");
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    try {
        down();
        FAIL() << "a prefix that is not there is no empty tree";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "NothingAtSource");
    }
    EXPECT_EQ(read_file(back_ / "mine"), "x");
}

TEST_F(BucketCopy, WhatIsChangedInTheBucketIsNoticed) {
    write_file(source_ / "a", "one");
    expect_success(up());
    const Json head = ok("s3", "HeadObject", {{"Bucket", "homes"}, {"Key", "users/ada/a"}});
    // The same size and metadata, other bytes.
    put("users/ada/a", "two", head["Metadata"]);
    const mover::Report report = up();
    EXPECT_EQ(codes(report), std::set<std::string>{"VerificationFailed"});
}

TEST_F(BucketCopy, WhatIsArchivedComesBackOnceItIsRestored) {
    make_tree();
    place_.storage_class = "DEEP_ARCHIVE";
    expect_success(up());
    EXPECT_EQ(up().files_transferred, 0U);
    EXPECT_EQ(codes(down()), std::set<std::string>{"InvalidObjectState"});
    EXPECT_EQ(count_temporaries(back_), 0);
    for (const std::string& key : keys())
        ok("s3", "RestoreObject",
           {{"Bucket", "homes"}, {"Key", key}, {"RestoreRequest", {{"Days", 1}}}});
    expect_success(down());
    expect_equal();
}

}  // namespace
}  // namespace lifeboat::local
