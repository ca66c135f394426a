// Tables, tags and time to live, through the local cloud.
#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

class Tables : public testing::LocalCloudTest {
  protected:
    Json call(std::string_view operation, const Json& request) {
        return ok("dynamodb", operation, request);
    }
    std::string refused(std::string_view operation, const Json& request) {
        const std::string code = code_of("dynamodb", operation, request);
        return code + ": " + last_message;
    }
    static Json definition(const std::string& name) {
        return {{"TableName", name},
                {"AttributeDefinitions", {{{"AttributeName", "pk"}, {"AttributeType", "S"}}}},
                {"KeySchema", {{{"AttributeName", "pk"}, {"KeyType", "HASH"}}}},
                {"BillingMode", "PAY_PER_REQUEST"}};
    }
    static Json with_index(Json table) {
        table["AttributeDefinitions"].push_back(
            {{"AttributeName", "owner"}, {"AttributeType", "S"}});
        table["GlobalSecondaryIndexes"] = {
            {{"IndexName", "by-owner"},
             {"KeySchema", {{{"AttributeName", "owner"}, {"KeyType", "HASH"}}}},
             {"Projection", {{"ProjectionType", "ALL"}}}}};
        return table;
    }
    void put(const std::string& pk, const Json& more = Json::object()) {
        Json item = more;
        item["pk"] = {{"S", pk}};
        call("PutItem", {{"TableName", "users"}, {"Item", item}});
    }
    Json count(const std::string& owner) {
        return call("Query", {{"TableName", "users"},
                              {"IndexName", "by-owner"},
                              {"KeyConditionExpression", "#o = :o"},
                              {"ExpressionAttributeNames", {{"#o", "owner"}}},
                              {"ExpressionAttributeValues", {{":o", {{"S", owner}}}}}})["Count"];
    }
};

TEST_F(Tables, AreCreatedDescribedListedAndDeleted) {
    const Json made = call("CreateTable", with_index(definition("users")))["TableDescription"];
    EXPECT_EQ(made["TableStatus"], "CREATING");
    EXPECT_EQ(made["TableArn"], "arn:aws:dynamodb:us-east-1:000000000000:table/users");
    const Json table = call("DescribeTable", {{"TableName", "users"}})["Table"];
    EXPECT_EQ(table["TableStatus"], "ACTIVE");
    EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    EXPECT_EQ(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    put("a");
    put("b");
    EXPECT_EQ(call("DescribeTable", {{"TableName", made["TableArn"]}})["Table"]["ItemCount"], 2);
    EXPECT_EQ(refused("CreateTable", definition("users")),
              "ResourceInUseException: Table already exists: users");
    EXPECT_EQ(call("DeleteTable", {{"TableName", "users"}})["TableDescription"]["TableStatus"],
              "DELETING");
    EXPECT_EQ(refused("DescribeTable", {{"TableName", "users"}}),
              "ResourceNotFoundException: Requested resource not found: Table: users not found");
    EXPECT_EQ(refused("GetItem", {{"TableName", "users"}, {"Key", {{"pk", {{"S", "a"}}}}}}),
              "ResourceNotFoundException: Requested resource not found");
    // A new table of the same name is empty, before and after the old rows are cleared away.
    call("CreateTable", definition("users"));
    EXPECT_EQ(call("Scan", {{"TableName", "users"}})["Count"], 0);
    put("new");
    settle();
    EXPECT_EQ(call("Scan", {{"TableName", "users"}})["Count"], 1);
}

TEST_F(Tables, AreListedInPages) {
    for (const std::string name : {"ccc", "aaa", "bbb"})
        call("CreateTable", definition(name));
    Json page = call("ListTables", {{"Limit", 2}});
    EXPECT_EQ(page, (Json{{"TableNames", {"aaa", "bbb"}}, {"LastEvaluatedTableName", "bbb"}}));
    page = call("ListTables", {{"ExclusiveStartTableName", "bbb"}});
    EXPECT_EQ(page, (Json{{"TableNames", {"ccc"}}}));
}

TEST_F(Tables, SurviveARestart) {
    call("CreateTable", with_index(definition("users")));
    put("a", {{"owner", {{"S", "o"}}}});
    close();
    EXPECT_EQ(count("o"), 1);
}

TEST_F(Tables, AreRefusedInDynamoDbsWords) {
    const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
    Json request = definition("users");
    request.erase("BillingMode");
    EXPECT_EQ(refused("CreateTable", request),
              invalid +
                  "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
                  "BillingMode is PROVISIONED");
    request = definition("users");
    request["KeySchema"][0]["AttributeName"] = "other";
    EXPECT_EQ(refused("CreateTable", request),
              invalid +
                  "Some index key attributes are not defined in AttributeDefinitions. Keys: "
                  "[other], AttributeDefinitions: [pk]");
    request = definition("users");
    request["AttributeDefinitions"].push_back({{"AttributeName", "x"}, {"AttributeType", "N"}});
    EXPECT_EQ(refused("CreateTable", request),
              invalid +
                  "Number of attributes in KeySchema does not exactly match number of "
                  "attributes defined in AttributeDefinitions");
    request = definition("users");
    request["KeySchema"][0]["KeyType"] = "RANGE";
    EXPECT_EQ(refused("CreateTable", request),
              "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH "
              "key type");
    EXPECT_EQ(refused("CreateTable", definition("ab")),
              "ValidationException: TableName must be at least 3 characters long and at most 255 "
              "characters long");
    EXPECT_NE(refused("CreateTable", definition("a b c")).find("regular expression"),
              std::string::npos);
    request = definition("users");
    request["StreamSpecification"] = {{"StreamEnabled", true}};
    EXPECT_EQ(refused("CreateTable", request),
              invalid + "StreamViewType is required when StreamEnabled is true");
    for (const char* member : {"ResourcePolicy", "GlobalTableSourceArn", "WarmThroughput"}) {
        request = definition("users");
        request[member] = member == std::string("WarmThroughput")
                              ? Json{{"ReadUnitsPerSecond", 1}}
                              : Json("arn:aws:dynamodb:us-east-1:000000000000:table/other");
        EXPECT_NE(refused("CreateTable", request).find(member), std::string::npos);
    }
    EXPECT_EQ(call("ListTables", Json::object())["TableNames"], Json::array());
    EXPECT_EQ(code_of("dynamodb", "ExecuteStatement", {{"Statement", "SELECT * FROM users"}}),
              "UnknownOperationException");
}

TEST_F(Tables, ProtectedOnesAreNotDeleted) {
    Json request = definition("users");
    request["DeletionProtectionEnabled"] = true;
    call("CreateTable", request);
    EXPECT_EQ(refused("DeleteTable", {{"TableName", "users"}}),
              "ValidationException: Resource cannot be deleted as it is currently protected "
              "against deletion. Disable deletion protection first.");
    call("UpdateTable", {{"TableName", "users"}, {"DeletionProtectionEnabled", false}});
    call("DeleteTable", {{"TableName", "users"}});
}

TEST_F(Tables, ANewIndexHoldsWhatWasThereBefore) {
    call("CreateTable", definition("users"));
    // More than two batches of the filling job.
    for (int i = 0; i < 1100; ++i)
        put("u" + std::to_string(i), {{"owner", {{"S", i % 2 == 0 ? "even" : "odd"}}}});
    put("typed", {{"owner", {{"N", "1"}}}});
    const Json index = with_index(definition("users"));
    call("UpdateTable",
         {{"TableName", "users"},
          {"AttributeDefinitions", index["AttributeDefinitions"]},
          {"GlobalSecondaryIndexUpdates", {{{"Create", index["GlobalSecondaryIndexes"][0]}}}}});
    Json table = call("DescribeTable", {{"TableName", "users"}})["Table"];
    EXPECT_EQ(table["TableStatus"], "UPDATING");
    EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
    EXPECT_NE(
        refused("Scan", {{"TableName", "users"}, {"IndexName", "by-owner"}}).find("backfilling"),
        std::string::npos);
    put("during", {{"owner", {{"S", "odd"}}}});
    put("u2", {{"owner", {{"S", "odd"}}}});
    call("DeleteItem", {{"TableName", "users"}, {"Key", {{"pk", {{"S", "u4"}}}}}});
    settle();
    EXPECT_EQ(count("even"), 548);
    EXPECT_EQ(count("odd"), 552);
    call("UpdateTable",
         {{"TableName", "users"},
          {"GlobalSecondaryIndexUpdates", {{{"Delete", {{"IndexName", "by-owner"}}}}}}});
    table = call("DescribeTable", {{"TableName", "users"}})["Table"];
    EXPECT_FALSE(table.contains("GlobalSecondaryIndexes"));
    EXPECT_EQ(table["AttributeDefinitions"].size(), 1u);
    settle();
}

TEST_F(Tables, AnswerWhatClientsAskFirst) {
    EXPECT_EQ(call("DescribeLimits", Json::object())["TableMaxReadCapacityUnits"], 40000);
    EXPECT_EQ(call("DescribeEndpoints", Json::object())["Endpoints"][0]["Address"],
              "dynamodb.us-east-1.amazonaws.com");
    call("CreateTable", definition("users"));
    EXPECT_EQ(
        call("DescribeContinuousBackups",
             {{"TableName", "users"}})["ContinuousBackupsDescription"]["ContinuousBackupsStatus"],
        "DISABLED");
}

TEST_F(Tables, CarryTags) {
    Json request = definition("users");
    request["Tags"] = {{{"Key", "team"}, {"Value", "ml"}}};
    const std::string arn = call("CreateTable", request)["TableDescription"]["TableArn"];
    call("TagResource", {{"ResourceArn", arn}, {"Tags", {{{"Key", "env"}, {"Value", "test"}}}}});
    call("UntagResource", {{"ResourceArn", arn}, {"TagKeys", {"team"}}});
    EXPECT_EQ(call("ListTagsOfResource", {{"ResourceArn", arn}})["Tags"],
              (Json{{{"Key", "env"}, {"Value", "test"}}}));
    EXPECT_EQ(code_of("dynamodb", "ListTagsOfResource", {{"ResourceArn", arn + "x"}}),
              "ResourceNotFoundException");
}

TEST_F(Tables, ExpiredItemsGoAndTheStreamSaysWhy) {
    Json request = with_index(definition("users"));
    request["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", "OLD_IMAGE"}};
    const std::string stream = call("CreateTable", request)["TableDescription"]["LatestStreamArn"];
    const auto at = [&](int seconds) {
        return Json{{"N", std::to_string(to_epoch_micros(clock.now()) / 1'000'000 + seconds)}};
    };
    // The items that are there before time to live is switched on count too.
    put("old", {{"expires", at(-10)}, {"owner", {{"S", "o"}}}});
    put("soon", {{"expires", at(30)}});
    put("ancient", {{"expires", {{"N", "12"}}}});
    put("text", {{"expires", {{"S", "12"}}}});
    put("never");
    const Json specification = {{"AttributeName", "expires"}, {"Enabled", true}};
    call("UpdateTimeToLive", {{"TableName", "users"}, {"TimeToLiveSpecification", specification}});
    EXPECT_EQ(call("DescribeTimeToLive", {{"TableName", "users"}})["TimeToLiveDescription"],
              (Json{{"TimeToLiveStatus", "ENABLED"}, {"AttributeName", "expires"}}));
    EXPECT_EQ(refused("UpdateTimeToLive",
                      {{"TableName", "users"}, {"TimeToLiveSpecification", specification}}),
              "ValidationException: TimeToLive is already enabled");
    settle();
    clock.advance(std::chrono::seconds(61));
    settle();
    Json left = Json::array();
    const Json page = call("Scan", {{"TableName", "users"}});
    for (const Json& item : page["Items"])
        left.push_back(item["pk"]["S"]);
    std::sort(left.begin(), left.end());
    EXPECT_EQ(left, (Json{"ancient", "never", "text"}));
    EXPECT_EQ(count("o"), 0);
    const Json shard = ok("dynamodbstreams", "DescribeStream", {{"StreamArn", stream}});
    const Json iterator = ok("dynamodbstreams", "GetShardIterator",
                             {{"StreamArn", stream},
                              {"ShardId", shard["StreamDescription"]["Shards"][0]["ShardId"]},
                              {"ShardIteratorType", "TRIM_HORIZON"}});
    int removed = 0;
    const Json log =
        ok("dynamodbstreams", "GetRecords", {{"ShardIterator", iterator["ShardIterator"]}});
    for (const Json& record : log["Records"])
        if (record["eventName"] == "REMOVE") {
            ++removed;
            EXPECT_EQ(record["userIdentity"],
                      (Json{{"Type", "Service"}, {"PrincipalId", "dynamodb.amazonaws.com"}}));
        }
    EXPECT_EQ(removed, 2);
}

}  // namespace
}  // namespace lifeboat::local
