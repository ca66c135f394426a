#include <gtest/gtest.h>

#include "apps/recovery/functions.h"
#include "apps/recovery/item.h"
#include "apps/recovery/testing/scripted_cloud.h"
#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"

namespace lifeboat::recovery {
namespace {

Json row(const std::string& name, const std::string& uid, const std::string& replication_status,
         bool replication = true) {
    return {{"profile_name", name}, {"domain_name", "studio"},
            {"domain_id", "d-1"},   {"user_profile_name", name},
            {"space_name", ""},     {"efs_sys_id", "fs-1"},
            {"efs_uid", uid},       {"replication", replication},
            {"home_state", "live"}, {"replication_status", replication_status},
            {"recovery_attempt", 0}};
}

Json record(const std::string& number, const Json& before, const Json& after) {
    Json change = {{"SequenceNumber", number}, {"NewImage", to_item(after)}};
    if (!before.is_null()) change["OldImage"] = to_item(before);
    change["Keys"] = {{"profile_name", change["NewImage"]["profile_name"]},
                      {"domain_name", change["NewImage"]["domain_name"]}};
    return {{"eventName", before.is_null() ? "INSERT" : "MODIFY"}, {"dynamodb", change}};
}

class ChangeProcessor : public ::testing::Test {
  protected:
    ChangeProcessor() {
        cloud.on("states:StartExecution", [](const Json& request) -> Json {
            return {{"executionArn", "arn:" + request["name"].get<std::string>()}};
        });
        cloud.on("sqs:GetQueueUrl", [](const Json&) -> Json { return {{"QueueUrl", "queue"}}; });
        cloud.on("sqs:SendMessage", [](const Json&) -> Json { return Json::object(); });
    }

    Json process(const std::vector<Json>& records, const std::string& protection = "") {
        cloud::FunctionContext context{cloud, clock, random, {}, "r", {}, {}};
        context.environment["PROTECTION"] = protection;
        return process_changes({{"Records", records}}, context)["batchItemFailures"];
    }
    std::size_t started() { return cloud.requests("states:StartExecution").size(); }

    // The starts of one machine.
    std::vector<Json> started_of(const std::string& machine) {
        std::vector<Json> found;
        for (const std::string& text : cloud.requests("states:StartExecution")) {
            Json request = parse_json(text, "request");
            if (require_string(request, "stateMachineArn").ends_with(":" + machine))
                found.push_back(std::move(request));
        }
        return found;
    }

    testing::ScriptedCloud cloud;
    lifeboat::testing::ManualClock clock{from_epoch_seconds(1767345504)};
    SeededRandom random{1};
};

TEST_F(ChangeProcessor, StartsARecoveryForANewHome) {
    EXPECT_TRUE(
        process({record("1", row("user1", "200000", "NONE"), row("user1", "200005", "PENDING"))})
            .empty());
    ASSERT_EQ(started(), 1u);
    const Json request = parse_json(cloud.requests("states:StartExecution")[0], "request");
    const Json input = parse_json(request["input"].get<std::string>(), "input");
    EXPECT_EQ(input["Target"]["UserProfileName"], "user1");
    EXPECT_EQ(input["Target"]["HomeEfsFileSystemUid"], "200005");
}

TEST_F(ChangeProcessor, OtherChangesCostNothing) {
    process({record("1", row("user1", "200000", "NONE"), row("user1", "200000", "NONE", false)),
             record("2", row("user1", "200000", "PENDING"), row("user1", "200000", "RUNNING")),
             record("3", nullptr, row("user1", "200000", "NONE"))});
    EXPECT_TRUE(cloud.calls.empty());
}

TEST_F(ChangeProcessor, HonoursTheSwitch) {
    process(
        {record("1", row("user1", "200000", "NONE", false), row("user1", "200005", "OFF", false))});
    EXPECT_EQ(started(), 0u);
}

TEST_F(ChangeProcessor, UsesOneNameHoweverOftenItIsDelivered) {
    const Json change =
        record("1", row("user1", "200000", "NONE"), row("user1", "200005", "PENDING"));
    process({change});
    cloud.on("states:StartExecution", [](const Json&) -> Json {
        throw Error(ErrorCategory::AlreadyExists, "ExecutionAlreadyExists", "there is one");
    });
    EXPECT_TRUE(process({change}).empty());
    const auto requests = cloud.requests("states:StartExecution");
    ASSERT_EQ(requests.size(), 2u);
    EXPECT_EQ(requests[0], requests[1]);
}

// One bad record neither blocks its batch nor is lost.
TEST_F(ChangeProcessor, C6EachRecordStandsByItself) {
    Json counters_only = record("2", nullptr, row("space1", "", ""));
    counters_only["dynamodb"]["NewImage"] = {{"profile_name", {{"S", "space1"}}},
                                             {"domain_name", {{"S", "studio"}}},
                                             {"bytes_written", {{"S", "1"}}}};
    Json no_image = record("3", nullptr, row("user3", "200000", "PENDING"));
    no_image["dynamodb"].erase("NewImage");
    EXPECT_TRUE(
        process({record("1", row("user1", "200000", "NONE"), row("user1", "200005", "PENDING")),
                 counters_only, no_image, Json("nonsense"),
                 record("4", row("user4", "200010", "NONE"), row("user4", "200015", "PENDING"))})
            .empty());
    EXPECT_EQ(started(), 2u);
    const auto letters = cloud.requests("sqs:SendMessage");
    ASSERT_EQ(letters.size(), 3u);
    EXPECT_NE(letters[0].find("space1 in studio"), std::string::npos);
    EXPECT_NE(letters[1].find("user3 in studio"), std::string::npos);
}

TEST_F(ChangeProcessor, C6ReportsOnlyTheRecordThatMayPassLater) {
    cloud.on("states:StartExecution", [](const Json& request) -> Json {
        if (request["name"].get<std::string>().find("user1") != std::string::npos)
            throw Error(ErrorCategory::Throttled, "ThrottlingException", "slow down");
        return {{"executionArn", "arn"}};
    });
    const Json failures =
        process({record("1", row("user1", "200000", "NONE"), row("user1", "200005", "PENDING")),
                 record("2", row("user2", "200010", "NONE"), row("user2", "200015", "PENDING"))});
    EXPECT_EQ(failures, Json::array({{{"itemIdentifier", "1"}}}));
    EXPECT_EQ(started(), 2u);
}

TEST_F(ChangeProcessor, AFullBatchIsStartedWhole) {
    std::vector<Json> records;
    for (int i = 0; i < 100; ++i) {
        const std::string name = "user" + std::to_string(i);
        records.push_back(
            record(std::to_string(i), row(name, "200000", "NONE"), row(name, "200005", "PENDING")));
    }
    cloud.on("states:StartExecution", [](const Json& request) -> Json {
        if (request["name"].get<std::string>().starts_with("u-user42-"))
            throw std::runtime_error("not one of ours");
        return {{"executionArn", "arn"}};
    });
    EXPECT_EQ(process(records), Json::array({{{"itemIdentifier", "42"}}}));
    EXPECT_EQ(started(), 100u);
}

TEST_F(ChangeProcessor, AnEmptyUidStartsNothing) {
    process({record("1", row("user1", "200000", "NONE"), row("user1", "", "PENDING"))});
    EXPECT_EQ(started(), 0u);
}

Json tombstone(Json row, const std::string& deleted_at = "2026-01-02T09:18:24.000Z") {
    row["home_state"] = "deleted";
    row["deleted_at"] = deleted_at;
    return row;
}

TEST_F(ChangeProcessor, AProtectedHomeThatIsLeftGetsASnapshot) {
    const Json before = row("user1", "200000", "NONE");
    const Json change = record("1", before, tombstone(before));
    EXPECT_TRUE(process({change}, "on").empty());
    cloud.on("states:StartExecution", [](const Json&) -> Json {
        throw Error(ErrorCategory::AlreadyExists, "ExecutionAlreadyExists", "there is one");
    });
    EXPECT_TRUE(process({change}, "on").empty());
    const auto starts = started_of("snapshot");
    ASSERT_EQ(starts.size(), 2u);
    EXPECT_EQ(starts[0], starts[1]);
    EXPECT_TRUE(started_of("recovery").empty());
    const Json input = parse_json(starts[0]["input"].get<std::string>(), "input");
    EXPECT_EQ(input["Source"], "fs-1/200000");
    EXPECT_EQ(input["UserProfileName"], "user1");
    EXPECT_EQ(input["Tags"][0], "final");
    EXPECT_LE(starts[0]["name"].get<std::string>().size(), 80u);
}

TEST_F(ChangeProcessor, TheSwitchOfARowGoesBeforeTheSetting) {
    Json on = row("user1", "200000", "NONE"), off = row("user2", "200010", "NONE");
    on["protection"] = true;
    off["protection"] = false;
    const std::vector<Json> changes = {record("1", on, tombstone(on)),
                                       record("2", off, tombstone(off))};
    process(changes);
    EXPECT_EQ(started_of("snapshot").size(), 1u);
    process(changes, "on");
    EXPECT_EQ(started_of("snapshot").size(), 2u);
}

TEST_F(ChangeProcessor, AHomeIsLeftOnceAndAgainOnlyWhenItWasThereAgain) {
    const Json live = row("user1", "200000", "NONE");
    Json domain_gone = tombstone(live);
    domain_gone["efs_retained"] = false;
    process({record("1", nullptr, live), record("2", live, tombstone(live)),
             record("3", tombstone(live), domain_gone), record("4", domain_gone, live),
             record("5", live, tombstone(live, "2026-01-03T00:00:00.000Z"))},
            "on");
    const auto starts = started_of("snapshot");
    ASSERT_EQ(starts.size(), 2u);
    EXPECT_NE(starts[0]["name"], starts[1]["name"]);
}

// The creation was heard of, the deletion before it was not.
TEST_F(ChangeProcessor, AHomeThatAnotherTookThePlaceOfWasLeft) {
    Json after = row("user1", "200005", "PENDING");
    after["revision"] = 7;
    process({record("1", row("user1", "200000", "NONE"), after)}, "on");
    EXPECT_EQ(started_of("recovery").size(), 1u);
    const auto starts = started_of("snapshot");
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_EQ(parse_json(starts[0]["input"].get<std::string>(), "input")["Uid"], "200000");
}

TEST_F(ChangeProcessor, ASettingThatIsNoneHindersNoRecovery) {
    EXPECT_TRUE(
        process({record("1", row("user1", "200000", "NONE"), row("user1", "200005", "PENDING"))},
                "yes")
            .empty());
    EXPECT_EQ(started_of("recovery").size(), 1u);
    ASSERT_EQ(cloud.requests("sqs:SendMessage").size(), 1u);
    EXPECT_NE(cloud.requests("sqs:SendMessage")[0].find("PROTECTION"), std::string::npos);
}

TEST_F(ChangeProcessor, AnEventWithoutRecordsIsADeadLetter) {
    cloud::FunctionContext context{cloud, clock, random, {}, "r", {}, {}};
    EXPECT_TRUE(process_changes(Json::object(), context)["batchItemFailures"].empty());
    EXPECT_EQ(cloud.requests("sqs:SendMessage").size(), 1u);
}

}  // namespace
}  // namespace lifeboat::recovery
