// Homes to a bucket and back, through the local cloud's own S3.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "bucket/copy_bucket.h"
#include "local/testing/fixture.h"
#include "mover/copy_tree.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using mover::testing::count_temporaries;
using mover::testing::make_sample_tree;
using mover::testing::read_file;
using mover::testing::rsync_differences;
using mover::testing::write_file;

class BucketCopy : public testing::LocalCloudTest {
  protected:
    BucketCopy() {
        ok("s3", "CreateBucket", {{"Bucket", "homes"}});
        fs::create_directory(source_);
        fs::create_directory(back_);
        if (::geteuid() != 0) {
            options_.uid.kind = mover::OwnerRule::Kind::Caller;
            options_.gid.kind = mover::OwnerRule::Kind::Caller;
        }
    }
    ~BucketCopy() override { fault::install(""); }

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
        const auto differences = rsync_differences(source_, back_, "aH");
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
        make_sample_tree(source_);
        fs::remove(source_ / "odd names" / "\xff\xfe");
        fs::remove_all(source_ / "odd names" / "\xf0\x28 dir");
        if (::geteuid() != 0) return;
        fs::remove(source_ / "owned" / "fifo");
        fs::remove(source_ / "owned" / "device");
        ASSERT_EQ(::chmod((source_ / "owned" / "program").c_str(), 0755), 0);
    }
    // Larger than one part.
    void make_large() {
        std::string content((20 << 20) + 5, 'l');
        for (std::size_t i = 0; i < content.size(); i += 4096)
            content[i] = static_cast<char>(i >> 12);
        write_file(source_ / "large", content);
    }

    fs::path source_ = directory.path() / "source";
    fs::path back_ = directory.path() / "back";
    bucket::Place place_{"homes", "users/ada", ""};
    mover::Options options_;
    mover::Filter filter_;
    SystemClock system_clock_;
    mover::Surroundings around_{system_clock_, random};
};

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

// Fails a call on cue, or everything from then on.
class FailingCloud final : public cloud::Cloud {
  public:
    explicit FailingCloud(cloud::Cloud& below) : below_(below) {}
    using cloud::Cloud::call;
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override {
        if (fails && fails(operation, request))
            throw Error(ErrorCategory::Unavailable, "InternalError", "scripted");
        Json changed = request;
        if (operation == "ListObjectsV2" && page > 0) changed["MaxKeys"] = page;
        return below_.call(service, operation, changed, options);
    }
    std::function<bool(std::string_view, const Json&)> fails;
    int page = 0;  // keys in one; 0: as many as S3 gives

  private:
    cloud::Cloud& below_;
};

TEST_F(BucketCopy, OneFailingObjectIsReportedAndLeavesNoParts) {
    make_large();
    write_file(source_ / "small", "x");
    FailingCloud failing(cloud());
    failing.fails = [](std::string_view operation, const Json& request) {
        return operation == "UploadPart" && request["PartNumber"] == 2;
    };
    const auto run = [&] {
        return bucket::copy_to_bucket(mover::open_root(source_, mover::MissingRoot::Refuse),
                                      failing, place_, options_, filter_, around_,
                                      mover::Effect::Change);
    };
    const mover::Report report = run();
    EXPECT_EQ(report.failures_total, 1U);
    EXPECT_TRUE(keys().contains("users/ada/small"));
    EXPECT_FALSE(keys().contains("users/ada/large"));
    EXPECT_EQ(uploads(), 0U);
    failing.fails = nullptr;
    expect_success(run());
}

TEST_F(BucketCopy, AListingThatBreaksDeletesNothing) {
    for (int i = 0; i < 15; ++i)
        write_file(source_ / ("file" + std::to_string(i)), "x");
    options_.verify_mode = mover::VerifyMode::None;
    expect_success(up());
    expect_success(down());
    write_file(back_ / "extra", "x");
    FailingCloud failing(cloud());
    failing.page = 4;
    failing.fails = [](std::string_view operation, const Json& request) {
        return operation == "ListObjectsV2" && request.contains("ContinuationToken");
    };
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    EXPECT_THROW(
        bucket::copy_from_bucket(failing, place_, mover::open_root(back_, mover::MissingRoot::Make),
                                 options_, filter_, around_, mover::Effect::Change),
        Error);
    EXPECT_EQ(std::distance(fs::directory_iterator(back_), fs::directory_iterator()), 16);
    expect_success(down());
    EXPECT_FALSE(fs::exists(back_ / "extra"));
}

TEST_F(BucketCopy, KilledAtEveryPointItGoesOnAndIsWhole) {
    make_large();
    for (const char* path : {"a/one", "a/two", "b/c/three", "b/c/four"}) {
        fs::create_directories((source_ / path).parent_path());
        write_file(source_ / path, path);
    }
    fs::create_symlink("a/one", source_ / "link");
    fs::create_hard_link(source_ / "a" / "one", source_ / "b" / "same");
    write_file(back_ / "extra", "x");
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    const fs::path record = directory.path() / "points";
    fault::install("record=" + record.string());
    expect_success(up());
    expect_success(down());
    fault::install("");
    std::set<std::string> points;
    std::ifstream file(record);
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("bucket.") || line.starts_with("mover.")) points.insert(line);
    EXPECT_GT(points.size(), 8U);
    int killed = 0;
    for (const std::string& point : points) {
        SCOPED_TRACE(point);
        place_.bucket = "killed" + point.substr(point.find('.'));
        ok("s3", "CreateBucket", {{"Bucket", place_.bucket}});
        fs::remove_all(back_);
        fs::create_directory(back_);
        write_file(back_ / "extra", "x");
        // The child opens the cloud itself, and neither repeats the ids of the other.
        close();
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        std::vector<std::byte> burnt(child == 0 ? 1 << 20 : 2 << 20);
        random.fill(burnt);
        if (child == 0) {
            fault::install(point + "=kill");
            try {
                up();
                down();
            } catch (...) {
                ::_exit(3);
            }
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status) ? 1 : 0;
        if (WIFEXITED(status)) EXPECT_EQ(WEXITSTATUS(status), 0);
        expect_success(up());
        expect_success(down());
        expect_equal();
        EXPECT_EQ(count_temporaries(back_), 0);
        EXPECT_EQ(ok("s3", "ListMultipartUploads", {{"Bucket", place_.bucket}})["Uploads"].size(),
                  0U);
    }
    EXPECT_EQ(killed, static_cast<int>(points.size()));
}

class BucketTask : public BucketCopy {
  protected:
    BucketTask() {
        Settings settings({{"datasync.local_roots", directory.path().string()}});
        open(std::move(settings));
    }
    std::string directory_location(const fs::path& path) {
        return ok("datasync", "CreateLocationNfs",
                  {{"ServerHostname", "localhost"},
                   {"Subdirectory", path.string()},
                   {"OnPremConfig",
                    {{"AgentArns",
                      {"arn:aws:datasync:us-east-1:000000000000:agent/agent-0123456789abcdef0"}}}}})
            .value("LocationArn", "");
    }
    static Json bucket_request(const std::string& bucket, const std::string& subdirectory) {
        return {{"S3BucketArn", "arn:aws:s3:::" + bucket},
                {"Subdirectory", subdirectory},
                {"S3StorageClass", "GLACIER_INSTANT_RETRIEVAL"},
                {"S3Config", {{"BucketAccessRoleArn", "arn:aws:iam::000000000000:role/r"}}}};
    }
    std::string bucket_location(const std::string& subdirectory) {
        return ok("datasync", "CreateLocationS3", bucket_request("homes", subdirectory))
            .value("LocationArn", "");
    }
    Json run_task(const std::string& from, const std::string& to) {
        const Json task = ok("datasync", "CreateTask",
                             {{"SourceLocationArn", from},
                              {"DestinationLocationArn", to},
                              {"Options", {{"PreserveDeletedFiles", "REMOVE"}}}});
        const Json run = ok("datasync", "StartTaskExecution", {{"TaskArn", task["TaskArn"]}});
        settle();
        return ok("datasync", "DescribeTaskExecution",
                  {{"TaskExecutionArn", run["TaskExecutionArn"]}});
    }
};

TEST_F(BucketTask, TakesAHomeToABucketAndBack) {
    make_tree();
    const std::string bucket = bucket_location("/users//ada/");
    const Json there = run_task(directory_location(source_), bucket);
    EXPECT_EQ(there["Status"], "SUCCESS") << there;
    EXPECT_GT(there["FilesTransferred"], 100);
    EXPECT_EQ(there["FilesTransferred"], there["EstimatedFilesToTransfer"]);
    EXPECT_EQ(there["BytesWritten"], there["EstimatedBytesToTransfer"]);
    const Json head = ok("s3", "HeadObject", {{"Bucket", "homes"}, {"Key", "users/ada/small"}});
    EXPECT_EQ(head["StorageClass"], "GLACIER_IR");
    EXPECT_EQ(head["Metadata"]["user-agent"], "aws-datasync");
    write_file(back_ / "extra", "x");
    const Json back = run_task(bucket, directory_location(back_));
    EXPECT_EQ(back["Status"], "SUCCESS") << back;
    EXPECT_EQ(back["FilesDeleted"], 1);
    expect_equal();
}

TEST_F(BucketTask, LocationsDescribeThemselvesAndChange) {
    const std::string arn = bucket_location("/users/ada");
    Json location = ok("datasync", "DescribeLocationS3", {{"LocationArn", arn}});
    EXPECT_EQ(location["LocationUri"], "s3://homes/users/ada/");
    EXPECT_EQ(location["S3StorageClass"], "GLACIER_INSTANT_RETRIEVAL");
    EXPECT_EQ(location["S3Config"]["BucketAccessRoleArn"], "arn:aws:iam::000000000000:role/r");
    ok("datasync", "UpdateLocationS3",
       {{"LocationArn", arn}, {"Subdirectory", "/users/ben"}, {"S3StorageClass", "STANDARD"}});
    location = ok("datasync", "DescribeLocationS3", {{"LocationArn", arn}});
    EXPECT_EQ(location["LocationUri"], "s3://homes/users/ben/");
    EXPECT_EQ(location["S3StorageClass"], "STANDARD");
    EXPECT_EQ(location["S3Config"]["BucketAccessRoleArn"], "arn:aws:iam::000000000000:role/r");
    EXPECT_EQ(code_of("datasync", "DescribeLocationNfs", {{"LocationArn", arn}}),
              "InvalidRequestException");
}

TEST_F(BucketTask, WhatCannotBeIsRefused) {
    EXPECT_EQ(code_of("datasync", "CreateLocationS3", bucket_request("none", "/")),
              "InvalidRequestException");
    EXPECT_NE(last_message.find("access test failed"), std::string::npos) << last_message;
    EXPECT_EQ(code_of("datasync", "CreateLocationS3", bucket_request("homes", "/a/../b")),
              "InvalidRequestException");
    EXPECT_EQ(code_of("datasync", "CreateTask",
                      {{"SourceLocationArn", bucket_location("/a")},
                       {"DestinationLocationArn", bucket_location("/b")}}),
              "InvalidRequestException");
}

}  // namespace
}  // namespace lifeboat::local
