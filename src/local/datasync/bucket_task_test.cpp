// What fails on the way to a bucket and back, and the datasync service's tasks with buckets.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "local/testing/bucket_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using mover::testing::count_temporaries;
using mover::testing::write_file;

using BucketFaults = testing::BucketFixture;

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

TEST_F(BucketFaults, OneFailingObjectIsReportedAndLeavesNoParts) {
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

TEST_F(BucketFaults, AListingThatBreaksDeletesNothing) {
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

TEST_F(BucketFaults, KilledAtEveryPointItGoesOnAndIsWhole) {
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

class BucketTask : public testing::BucketFixture {
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
