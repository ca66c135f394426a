// What a task says, and what it runs with.
#include "local/datasync/tasks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using testing::DataSyncTest;

TEST_F(DataSyncTest, TheQuotaOfTasksIsEnforced) {
    settings_["datasync.task_quota"] = "2";
    const std::string first = task();
    task();
    EXPECT_EQ(refused("CreateTask", {{"SourceLocationArn", efs_location("/200000")},
                                     {"DestinationLocationArn", efs_location("/200005")}}),
              "InvalidRequestException[TaskLimitExceeded]");
    ok("DeleteTask", {{"TaskArn", first}});
    EXPECT_NE(task(), "");
}

TEST_F(DataSyncTest, RefusesSettingsThatCannotBeHonoured) {
    const std::string from = efs_location("/200000");
    const std::string to = efs_location("/200005");
    const auto create = [&](Json extra) {
        Json request = {{"SourceLocationArn", from}, {"DestinationLocationArn", to}};
        request.update(extra);
        return refused("CreateTask", request);
    };
    const std::string no = "InvalidRequestException";
    for (const Json& options :
         {Json{{"PreserveDevices", "PRESERVE"}}, Json{{"Atime", "NONE"}}, Json{{"Uid", "NAME"}},
          Json{{"BytesPerSecond", 0}}, Json{{"SecurityDescriptorCopyFlags", "OWNER_DACL"}},
          Json{{"PreserveDeletedFiles", "REMOVE"}, {"TransferMode", "ALL"}}})
        EXPECT_TRUE(create({{"Options", options}}).starts_with(no)) << options;
    EXPECT_EQ(create({{"Options", {{"VerifyMode", "SOMETIMES"}}}}), "ValidationException");
    EXPECT_TRUE(create({{"Schedule", {{"ScheduleExpression", "daily"}}}}).starts_with(no));
    EXPECT_TRUE(create({{"ManifestConfig", {{"Format", "JSON"}}}}).starts_with(no));
    EXPECT_TRUE(create({{"ManifestConfig", manifest_config("homes", "list.csv")}}).starts_with(no));
    EXPECT_TRUE(create({{"ManifestConfig", manifest_config("arn:aws:s3:::homes", "list.csv")},
                        {"Options", {{"PreserveDeletedFiles", "REMOVE"}}}})
                    .starts_with(no));
    EXPECT_TRUE(create({{"TaskReportConfig", {{"OutputType", "STANDARD"}}}}).starts_with(no));
    EXPECT_TRUE(create({{"TaskReportConfig", report_config("ALL")}}).starts_with(no));
    EXPECT_TRUE(create({{"TaskMode", "ENHANCED"}}).starts_with(no));
    EXPECT_TRUE(create({{"Excludes", {{{"Value", "relative"}}}}}).starts_with(no));
    EXPECT_TRUE(create({{"DestinationLocationArn", from}}).starts_with(no));
}

TEST_F(DataSyncTest, UpdatedTasksRunWithTheirNewOptions) {
    write(home("200000") / "keep", "x");
    write(home("200000") / "cache" / "big", "x");
    const std::string arn = task({{"VerifyMode", "NONE"}});
    ok("UpdateTask", {{"TaskArn", arn},
                      {"Name", "nightly"},
                      {"Options", {{"TransferMode", "ALL"}}},
                      {"Excludes", {{{"FilterType", "SIMPLE_PATTERN"}, {"Value", "/cache"}}}}});
    const Json described = ok("DescribeTask", {{"TaskArn", arn}});
    EXPECT_EQ(described["Options"]["VerifyMode"], "NONE");
    EXPECT_EQ(described["Options"]["TransferMode"], "ALL");
    EXPECT_EQ(described["Name"], "nightly");
    const std::string run = start(arn);
    settle();
    EXPECT_EQ(execution(run)["Excludes"][0]["Value"], "/cache");
    EXPECT_TRUE(fs::exists(home("200005") / "keep"));
    EXPECT_FALSE(fs::exists(home("200005") / "cache"));
}

TEST_F(DataSyncTest, ListsArePagedAndFiltered) {
    std::vector<std::string> tasks;
    for (int i = 0; i < 5; ++i)
        tasks.push_back(task());
    std::vector<std::string> seen;
    Json request = {{"MaxResults", 2}};
    for (int pages = 0; pages < 3; ++pages) {
        const Json page = ok("ListTasks", request);
        for (const Json& item : page["Tasks"])
            seen.push_back(item["TaskArn"]);
        if (!page.contains("NextToken")) break;
        request["NextToken"] = page["NextToken"];
    }
    EXPECT_EQ(seen, tasks);
    EXPECT_EQ(refused("ListTasks", {{"NextToken", "abc"}}),
              "InvalidRequestException[InvalidParameter]");
    const Json described = ok("DescribeTask", {{"TaskArn", tasks[2]}});
    const auto filtered = [&](const char* operation, const char* member, const char* name,
                              const char* op, const std::string& value) {
        return ok(operation,
                  {{"Filters", {{{"Name", name}, {"Operator", op}, {"Values", {value}}}}}})[member]
            .size();
    };
    EXPECT_EQ(
        filtered("ListTasks", "Tasks", "LocationId", "Equals", described["SourceLocationArn"]), 1U);
    EXPECT_EQ(filtered("ListTasks", "Tasks", "CreationTime", "GreaterThan", "2026-01-02T09:18:24Z"),
              0U);
    EXPECT_EQ(filtered("ListLocations", "Locations", "LocationUri", "Contains", "/200005/"), 5U);
    EXPECT_EQ(filtered("ListLocations", "Locations", "LocationType", "Equals", "S3"), 0U);
}

TEST_F(DataSyncTest, TagsStayWithWhatTheyTag) {
    const std::string arn = task();
    ok("TagResource",
       {{"ResourceArn", arn}, {"Tags", {{{"Key", "a"}, {"Value", "1"}}, {{"Key", "b"}}}}});
    ok("TagResource", {{"ResourceArn", arn}, {"Tags", {{{"Key", "a"}, {"Value", "2"}}}}});
    ok("UntagResource", {{"ResourceArn", arn}, {"Keys", {"b"}}});
    EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", arn}})["Tags"],
              Json::parse(R"([{"Key": "a", "Value": "2"}])"));
    EXPECT_NE(refused("TagResource", {{"ResourceArn", arn}, {"Tags", {{{"Key", "aws:x"}}}}}), "");
    ok("DeleteTask", {{"TaskArn", arn}});
    EXPECT_EQ(refused("ListTagsForResource", {{"ResourceArn", arn}}),
              "InvalidRequestException[TaskNotFound]");
}

}  // namespace
}  // namespace lifeboat::local
