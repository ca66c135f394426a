// An installation may bring its own recovery state machine along. This one has the shape of the
// public sample that people run today: it waits for the user's app, copies from home to home with
// DataSync, writes what came of it on the user's row, and sends what went wrong to a queue. It runs
// on the local cloud as it is, with the start input its instructions give.
// https://github.com/aws-samples/sagemaker-studio-efs-recovery-serverless
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "cloud/pages.h"
#include "recovery/story.h"

namespace lifeboat::recovery::testing {
namespace {

// Branch of one kind of home: "UserProfile" or "Space".
Json app_gate(const std::string& kind, const std::string& suffix) {
    const std::string list = "ListApps" + suffix, ready = "IsAppInService" + suffix,
                      pause = "WaitForApp" + suffix;
    Json states;
    states[list] = {{"Type", "Task"},
                    {"Resource", "arn:aws:states:::aws-sdk:sagemaker:listApps"},
                    {"Parameters",
                     {{"DomainIdEquals.$", "$.Target.DomainID"},
                      {kind + "NameEquals.$", "$.Target." + kind + "Name"},
                      {"MaxResults", 1}}},
                    {"ResultPath", "$.App"},
                    {"Next", ready}};
    if (suffix.empty())
        states[list]["Catch"] = {{{"ErrorEquals", {"States.ALL"}}, {"Next", "SQS SendMessage"}}};
    states[ready] = {{"Type", "Choice"},
                     {"Choices",
                      {{{"And",
                         {{{"Variable", "$.App.Apps[0]"}, {"IsPresent", true}},
                          {{"Variable", "$.App.Apps[0].Status"}, {"StringEquals", "InService"}}}},
                        {"Next", "CreateLocationEfs Source"}}}},
                     {"Default", pause}};
    states[pause] = {{"Type", "Wait"}, {"Seconds", 300}, {"Next", list}};
    return states;
}

Json location(const std::string& side, const std::string& next) {
    return {{"Type", "Task"},
            {"Resource", "arn:aws:states:::aws-sdk:datasync:createLocationEfs"},
            {"Parameters",
             {{"Ec2Config",
               {{"SecurityGroupArns.$", "$." + side + ".SecurityGroupArns"},
                {"SubnetArn.$", "$." + side + ".SubnetArn"}}},
              {"EfsFilesystemArn.$", "$." + side + ".EfsFilesystemArn"},
              {"Subdirectory.$", "States.Format('/{}', $." + side + ".HomeEfsFileSystemUid)"}}},
            {"ResultPath", "$." + side + ".Location"},
            {"Retry",
             {{{"ErrorEquals", {"DataSync.DataSyncException"}},
               {"IntervalSeconds", 10},
               {"BackoffRate", 2},
               {"MaxAttempts", 100}}}},
            {"Catch", {{{"ErrorEquals", {"States.ALL"}}, {"Next", "SQS SendMessage"}}}},
            {"Next", next}};
}

Json written(const std::string& kind) {
    Json values;
    for (const char* count : {"BytesWritten", "FilesTransferred"})
        values[std::string(":") + count] = {
            {"S.$", "States.Format('{}', $.Task." + std::string(count) + ")"}};
    values[":TotalDuration"] = {{"S.$", "States.JsonToString($.Task.Result.TotalDuration)"}};
    values[":Status"] = {{"S.$", "$.Task.Status"}};
    return {{"Type", "Task"},
            {"Resource", "arn:aws:states:::dynamodb:updateItem"},
            {"Parameters",
             {{"TableName", "studioUser"},
              {"Key",
               {{"profile_name", {{"S.$", "$.Target." + kind + "Name"}}},
                {"domain_name", {{"S.$", "$.Target.DomainName"}}}}},
              {"UpdateExpression",
               "SET bytes_written = :BytesWritten, bytes_file_transferred = :FilesTransferred, "
               "total_duration_ms = :TotalDuration, replication_status = :Status"},
              {"ExpressionAttributeValues", values}}},
            {"Catch", {{{"ErrorEquals", {"States.ALL"}}, {"Next", "SQS SendMessage"}}}},
            {"ResultPath", nullptr},
            {"End", true}};
}

Json definition(const std::string& queue_url) {
    Json states;
    states["IsUserFileSystem"] = {
        {"Type", "Choice"},
        {"Choices",
         {{{"Variable", "$.Target.SpaceName"}, {"IsPresent", true}, {"Next", "ListAppsForSpace"}}}},
        {"Default", "ListApps"}};
    states.update(app_gate("UserProfile", ""));
    states.update(app_gate("Space", "ForSpace"));
    states["CreateLocationEfs Source"] = location("Source", "CreateLocationEfs Target");
    states["CreateLocationEfs Target"] = location("Target", "CreateTask");
    states["CreateTask"] = {
        {"Type", "Task"},
        {"Resource", "arn:aws:states:::aws-sdk:datasync:createTask"},
        {"Parameters",
         {{"SourceLocationArn.$", "$.Source.Location.LocationArn"},
          {"DestinationLocationArn.$", "$.Target.Location.LocationArn"},
          {"CloudWatchLogGroupArn.$", "$.Log.CloudWatchLogGroupArn"},
          {"Options.$", "$.Options"}}},
        {"ResultPath", "$.Task"},
        {"Retry",
         {{{"ErrorEquals", {"DataSync.DataSyncException"}},
           {"IntervalSeconds", 10},
           {"BackoffRate", 2},
           {"MaxAttempts", 100}}}},
        {"Catch", {{{"ErrorEquals", {"States.ALL"}}, {"Next", "SQS SendMessage"}}}},
        {"Next", "StartTaskExecution"}};
    states["StartTaskExecution"] = {
        {"Type", "Task"},
        {"Resource", "arn:aws:states:::aws-sdk:datasync:startTaskExecution"},
        {"Parameters", {{"TaskArn.$", "$.Task.TaskArn"}}},
        {"ResultPath", "$.Task"},
        {"Catch", {{{"ErrorEquals", {"States.ALL"}}, {"Next", "SQS SendMessage"}}}},
        {"Next", "DescribeTaskExecution"}};
    states["DescribeTaskExecution"] = {
        {"Type", "Task"},
        {"Resource", "arn:aws:states:::aws-sdk:datasync:describeTaskExecution"},
        {"Parameters", {{"TaskExecutionArn.$", "$.Task.TaskExecutionArn"}}},
        {"ResultPath", "$.Task"},
        {"Catch", {{{"ErrorEquals", {"States.ALL"}}, {"Next", "SQS SendMessage"}}}},
        {"Next", "CheckStatus"}};
    states["CheckStatus"] = {
        {"Type", "Choice"},
        {"Choices",
         {{{"Variable", "$.Task.Status"}, {"StringEquals", "SUCCESS"}, {"Next", "WhoseRow"}},
          {{"Variable", "$.Task.Status"}, {"StringEquals", "ERROR"}, {"Next", "SQS SendMessage"}}}},
        {"Default", "WaitForCopy"}};
    states["WaitForCopy"] = {{"Type", "Wait"}, {"Seconds", 30}, {"Next", "DescribeTaskExecution"}};
    states["WhoseRow"] = {
        {"Type", "Choice"},
        {"Choices",
         {{{"Variable", "$.Target.SpaceName"}, {"IsPresent", true}, {"Next", "UpdateSpace"}}}},
        {"Default", "UpdateUser"}};
    states["UpdateUser"] = written("UserProfile");
    states["UpdateSpace"] = written("Space");
    states["SQS SendMessage"] = {{"Type", "Task"},
                                 {"Resource", "arn:aws:states:::sqs:sendMessage"},
                                 {"Parameters", {{"MessageBody.$", "$"}, {"QueueUrl", queue_url}}},
                                 {"End", true}};
    return {{"Comment", "Copies the files of a recreated profile from its old home to its new one"},
            {"StartAt", "IsUserFileSystem"},
            {"States", states}};
}

class PredecessorMachine : public Story {
  protected:
    // A cloud without Lifeboat's own recovery: what is copied, the machine copied.
    void SetUp() override {
        open();
        cloud().start();
        Json types = Json::array(), keys = Json::array();
        for (const char* name : {"profile_name", "domain_name"}) {
            types.push_back({{"AttributeName", name}, {"AttributeType", "S"}});
            keys.push_back({{"AttributeName", name}, {"KeyType", keys.empty() ? "HASH" : "RANGE"}});
        }
        ok("dynamodb", "CreateTable",
           {{"TableName", "studioUser"},
            {"AttributeDefinitions", types},
            {"KeySchema", keys},
            {"BillingMode", "PAY_PER_REQUEST"}});
        queue_url = string_or(ok("sqs", "CreateQueue", {{"QueueName", "failed"}}), "QueueUrl", "");
        domain = create_domain("studio");
    }

    std::string run(const Json& input) {
        const Json made = ok("states", "CreateStateMachine",
                             {{"name", "studio-recovery"},
                              {"definition", to_text(definition(queue_url))},
                              {"roleArn", "arn:aws:iam::000000000000:role/machine"}});
        return string_or(
            ok("states", "StartExecution",
               {{"stateMachineArn", made["stateMachineArn"]}, {"input", to_text(input)}}),
            "executionArn", "");
    }

    Json end_of(const std::string& execution) {
        constexpr int kMostSeconds = 4'000;
        for (int i = 0; i < kMostSeconds; ++i) {
            settle_now();
            Json found = ok("states", "DescribeExecution", {{"executionArn", execution}});
            if (found["status"] != "RUNNING") return found;
            clock.advance(std::chrono::seconds(1));
        }
        return Json::object();
    }

    std::vector<std::string> entered(const std::string& execution) {
        std::vector<std::string> names;
        for (const Json& event : cloud::all_items(cloud(), "states", "GetExecutionHistory",
                                                  {{"executionArn", execution}}))
            if (event.contains("stateEnteredEventDetails"))
                names.push_back(event["stateEnteredEventDetails"]["name"]);
        return names;
    }

    Json side(const std::string& uid) const {
        return {
            {"DomainID", domain.id},
            {"DomainName", domain.name},
            {"EfsFilesystemArn",
             "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + domain.file_system},
            {"HomeEfsFileSystemUid", uid},
            {"SubnetArn", "arn:aws:ec2:us-east-1:000000000000:subnet/subnet-0a1b2c3d"},
            {"SecurityGroupArns",
             {"arn:aws:ec2:us-east-1:000000000000:security-group/sg-0a1b2c3d"}}};
    }

    // As the instructions spell it, with the name of whose home it is.
    Json start_input(const Home& from, const Home& to, const Profile& who) const {
        Json target = side(to.uid);
        target[who.kind == Kind::User ? "UserProfileName" : "SpaceName"] = who.name;
        return {{"Options",
                 {{"Gid", "NONE"},
                  {"LogLevel", "TRANSFER"},
                  {"OverwriteMode", "ALWAYS"},
                  {"PosixPermissions", "NONE"},
                  {"TransferMode", "CHANGED"},
                  {"Uid", "NONE"}}},
                {"Log",
                 {{"CloudWatchLogGroupArn",
                   "arn:aws:logs:us-east-1:000000000000:log-group:/aws/datasync:*"}}},
                {"Source", side(from.uid)},
                {"Target", target}};
    }

    void open_app(const Profile& who) {
        Json key = {{"DomainId", domain.id}, {"AppType", "JupyterServer"}, {"AppName", "default"}};
        key[who.kind == Kind::User ? "UserProfileName" : "SpaceName"] = who.name;
        ok("sagemaker", "CreateApp", key);
    }

    // The home that was, with a file in it, and the one that is.
    std::pair<Home, Home> recreate(const Profile& who) {
        write_file(create(domain, who) / "project/user1.txt", "precious");
        const Home old = home_of(domain, who);
        remove(domain, who);
        create(domain, who);
        return {old, home_of(domain, who)};
    }

    void check_recovered(const Profile& who) {
        const auto [from, to] = recreate(who);
        const std::string execution = run(start_input(from, to, who));
        settle_now();
        EXPECT_EQ(read_file(directory_of(to) / "project/user1.txt"), "");
        open_app(who);
        const Json end = end_of(execution);
        EXPECT_EQ(end["status"], "SUCCEEDED") << to_text(end);
        EXPECT_EQ(read_file(directory_of(to) / "project/user1.txt"), "precious");
        const auto names = entered(execution);
        // It waited for the app, and for the copy.
        const std::string suffix = who.kind == Kind::User ? "" : "ForSpace";
        EXPECT_EQ(std::ranges::count(names, "WaitForApp" + suffix), 1);
        EXPECT_GE(std::ranges::count(names, "DescribeTaskExecution"), 1);
        const Json result = row(who.name);
        EXPECT_EQ(string_or(result, "replication_status", ""), "SUCCESS");
        EXPECT_EQ(string_or(result, "bytes_written", ""), "8");
        EXPECT_NE(string_or(result, "total_duration_ms", ""), "");
    }

    StudioDomain domain;
    std::string queue_url;
};

TEST_F(PredecessorMachine, CopiesAUsersHomeAndWritesTheResult) {
    check_recovered(user());
}

TEST_F(PredecessorMachine, CopiesASpacesHomeAndWritesTheResult) {
    check_recovered(space());
}

TEST_F(PredecessorMachine, SendsWhatWentWrongToItsQueue) {
    const auto [from, to] = recreate(user());
    open_app(user());
    Json input = start_input(from, to, user());
    input["Source"]["EfsFilesystemArn"] =
        "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-00000000000000000";
    const std::string execution = run(input);
    const Json end = end_of(execution);
    EXPECT_EQ(end["status"], "SUCCEEDED") << to_text(end);
    EXPECT_EQ(entered(execution).back(), "SQS SendMessage");
    const Json got = ok("sqs", "ReceiveMessage", {{"QueueUrl", queue_url}});
    ASSERT_EQ(got.value("Messages", Json::array()).size(), 1U);
    const Json body = Json::parse(got["Messages"][0]["Body"].get<std::string>());
    EXPECT_EQ(string_or(body, "Error", ""), "DataSync.InvalidRequestException") << to_text(body);
}

}  // namespace
}  // namespace lifeboat::recovery::testing
