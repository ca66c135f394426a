// Where tasks copy from and to.
#include "local/datasync/locations.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using testing::DataSyncTest;
using testing::kFileSystem;

TEST_F(DataSyncTest, LocationsDescribeThemselves) {
    const std::string arn = efs_location("/200000//");
    const Json location = ok("DescribeLocationEfs", {{"LocationArn", arn}});
    EXPECT_EQ(location["LocationUri"], std::string("efs://us-east-1.") + kFileSystem + "/200000/");
    EXPECT_EQ(location["InTransitEncryption"], "NONE");
    EXPECT_EQ(location["CreationTime"], 1767345504.0);
    EXPECT_EQ(ok("DescribeLocationEfs", {{"LocationArn", efs_location("")}})["LocationUri"],
              std::string("efs://us-east-1.") + kFileSystem + "/");
    EXPECT_EQ(refused("DescribeLocationNfs", {{"LocationArn", arn}}),
              "InvalidRequestException[InvalidParameter]");
    ok("DeleteLocation", {{"LocationArn", arn}});
    EXPECT_EQ(refused("DescribeLocationEfs", {{"LocationArn", arn}}),
              "InvalidRequestException[LocationNotFound]");
}

TEST_F(DataSyncTest, ARepeatedCreateMakesOneLocation) {
    EXPECT_EQ(efs_location("/200000", "token"), efs_location("/200000", "token"));
    EXPECT_EQ(ok("ListLocations", Json::object())["Locations"].size(), 1U);
}

TEST_F(DataSyncTest, RefusesLocationsThatCannotBe) {
    Json request = efs_request("/../etc");
    EXPECT_EQ(refused("CreateLocationEfs", request), "InvalidRequestException[InvalidParameter]");
    request = efs_request("/");
    request["EfsFilesystemArn"] =
        "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-00000000";
    EXPECT_EQ(refused("CreateLocationEfs", request),
              "InvalidRequestException[EfsFileSystemNotFound]");
    request["EfsFilesystemArn"] = "fs-1";
    EXPECT_EQ(refused("CreateLocationEfs", request), "ValidationException");
    request = efs_request("/");
    request["FileSystemAccessRoleArn"] = "arn:aws:iam::000000000000:role/r";
    EXPECT_EQ(refused("CreateLocationEfs", request), "InvalidRequestException[InvalidParameter]");
}

TEST_F(DataSyncTest, LocalDirectoriesAreAllowedOnlyBelowTheConfiguredRoots) {
    const auto request = [&](const std::string& path) {
        return Json{{"ServerHostname", "localhost"},
                    {"Subdirectory", path},
                    {"OnPremConfig",
                     {{"AgentArns",
                       {"arn:aws:datasync:us-east-1:000000000000:agent/agent-"
                        "0123456789abcdef0"}}}}};
    };
    const std::string root = (temporary_.path() / "allowed").string();
    for (const std::string& path : {std::string("/etc"), root + "x", root + "/../efs"})
        EXPECT_NE(refused("CreateLocationNfs", request(path)), "") << path;
    const Json made = ok("CreateLocationNfs", request(root + "/below"));
    write(temporary_.path() / "allowed" / "below" / "file", "x");
    const Json task_made = ok("CreateTask", {{"SourceLocationArn", made["LocationArn"]},
                                             {"DestinationLocationArn", efs_location("/200005")}});
    const std::string run = start(task_made["TaskArn"]);
    settle();
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    EXPECT_EQ(read(home("200005") / "file"), "x");
    // A link put there later leads nowhere.
    fs::remove_all(temporary_.path() / "allowed" / "below");
    fs::create_directory_symlink("/etc", temporary_.path() / "allowed" / "below");
    const std::string again = start(task_made["TaskArn"]);
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(execution(again)["Status"], "ERROR");
}

TEST_F(DataSyncTest, ALocationInUseStays) {
    const Json described = ok("DescribeTask", {{"TaskArn", task()}});
    const Json location = {{"LocationArn", described["SourceLocationArn"]}};
    EXPECT_EQ(refused("DeleteLocation", location), "InvalidRequestException[LocationInUse]");
    ok("DeleteTask", {{"TaskArn", described["TaskArn"]}});
    ok("DeleteLocation", location);
}

TEST_F(DataSyncTest, TheWholeFileSystemIsALegalLocation) {
    fs::create_directories(temporary_.path() / "allowed" / "backup");
    write(home("200000") / "a", "x");
    const std::string run = start(task(Json::object(), "", "/200005"));
    settle();
    // A home within the whole file system cannot receive it.
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_EQ(execution(run)["Result"]["ErrorCode"], "DestinationWithinSource");
}

}  // namespace
}  // namespace lifeboat::local
