#include "base/json.h"
#include "local/database.h"
#include "local/dynamodb/stream_log.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

class Streams : public testing::LocalCloudTest {
  protected:
    std::string create(const std::string& view) {
        return ok("dynamodb", "CreateTable",
                  {{"TableName", "users"},
                   {"BillingMode", "PAY_PER_REQUEST"},
                   {"AttributeDefinitions", {{{"AttributeName", "pk"}, {"AttributeType", "S"}}}},
                   {"KeySchema", {{{"AttributeName", "pk"}, {"KeyType", "HASH"}}}},
                   {"StreamSpecification",
                    {{"StreamEnabled", true},
                     {"StreamViewType", view}}}})["TableDescription"]["LatestStreamArn"];
    }
    static Json s(const std::string& text) { return {{"S", text}}; }
    void put(const std::string& pk, const std::string& v) {
        ok("dynamodb", "PutItem", {{"TableName", "users"}, {"Item", {{"pk", s(pk)}, {"v", s(v)}}}});
    }
    void remove(const std::string& pk) {
        ok("dynamodb", "DeleteItem", {{"TableName", "users"}, {"Key", {{"pk", s(pk)}}}});
    }
    Json call(std::string_view operation, const Json& request) {
        return ok("dynamodbstreams", operation, request);
    }
    std::string shard(const std::string& stream) {
        return call("DescribeStream",
                    {{"StreamArn", stream}})["StreamDescription"]["Shards"][0]["ShardId"];
    }
    Json position(const std::string& stream, const std::string& type,
                  const std::string& sequence = "") {
        Json request = {
            {"StreamArn", stream}, {"ShardId", shard(stream)}, {"ShardIteratorType", type}};
        if (!sequence.empty()) request["SequenceNumber"] = sequence;
        return request;
    }
    std::string iterator(const std::string& stream, const std::string& type,
                         const std::string& sequence = "") {
        return call("GetShardIterator", position(stream, type, sequence))["ShardIterator"];
    }
    Json records(const std::string& stream, const std::string& type = "TRIM_HORIZON",
                 const std::string& sequence = "") {
        return call("GetRecords", {{"ShardIterator", iterator(stream, type, sequence)}})["Records"];
    }
};

TEST_F(Streams, TellOfEveryChangeOnceAndInOrder) {
    const std::string stream = create("NEW_AND_OLD_IMAGES");
    put("a", "1");
    put("a", "1");  // changes nothing: no record
    put("a", "2");
    remove("a");
    remove("a");  // neither
    const Json found = records(stream);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0]["eventName"], "INSERT");
    EXPECT_EQ(found[1]["eventName"], "MODIFY");
    EXPECT_EQ(found[2]["eventName"], "REMOVE");
    const Json& change = found[1]["dynamodb"];
    EXPECT_EQ(change["Keys"], (Json{{"pk", s("a")}}));
    EXPECT_EQ(change["OldImage"], (Json{{"pk", s("a")}, {"v", s("1")}}));
    EXPECT_EQ(change["NewImage"], (Json{{"pk", s("a")}, {"v", s("2")}}));
    EXPECT_EQ(change["StreamViewType"], "NEW_AND_OLD_IMAGES");
    EXPECT_EQ(change["SizeBytes"], 3 + 5 + 5);
    EXPECT_EQ(found[1]["eventSource"], "aws:dynamodb");
    EXPECT_EQ(found[1]["awsRegion"], "us-east-1");
    EXPECT_FALSE(found[1].contains("userIdentity"));
    EXPECT_NE(found[0]["eventID"], found[1]["eventID"]);
    for (int i = 1; i < 3; ++i)
        EXPECT_LT(found[i - 1]["dynamodb"]["SequenceNumber"].get<std::string>(),
                  found[i]["dynamodb"]["SequenceNumber"].get<std::string>());
    EXPECT_FALSE(found[0]["dynamodb"].contains("OldImage"));
    EXPECT_FALSE(found[2]["dynamodb"].contains("NewImage"));
}

TEST_F(Streams, ViewsShowWhatTheyAreNamedAfter) {
    for (const auto& [view, has_old, has_new] : std::vector<std::tuple<std::string, bool, bool>>{
             {"KEYS_ONLY", false, false}, {"NEW_IMAGE", false, true}, {"OLD_IMAGE", true, false}}) {
        const std::string stream = create(view);
        put("a", "1");
        put("a", "2");
        const Json change = records(stream)[1]["dynamodb"];
        EXPECT_EQ(change.contains("OldImage"), has_old) << view;
        EXPECT_EQ(change.contains("NewImage"), has_new) << view;
        ok("dynamodb", "DeleteTable", {{"TableName", "users"}});
    }
}

TEST_F(Streams, IteratorsBeginWhereTheyAreToldTo) {
    const std::string stream = create("KEYS_ONLY");
    for (const char* pk : {"a", "b", "c"})
        put(pk, "1");
    const std::string latest = iterator(stream, "LATEST");
    const std::string second = records(stream)[1]["dynamodb"]["SequenceNumber"];
    EXPECT_EQ(records(stream, "AT_SEQUENCE_NUMBER", second).size(), 2u);
    EXPECT_EQ(records(stream, "AFTER_SEQUENCE_NUMBER", second).size(), 1u);
    Json page = call("GetRecords", {{"ShardIterator", latest}});
    EXPECT_EQ(page["Records"], Json::array());
    put("d", "1");
    page = call("GetRecords", {{"ShardIterator", page["NextShardIterator"]}});
    ASSERT_EQ(page["Records"].size(), 1u);
    EXPECT_EQ(page["Records"][0]["dynamodb"]["Keys"]["pk"], s("d"));
    page = call("GetRecords", {{"ShardIterator", iterator(stream, "TRIM_HORIZON")}, {"Limit", 3}});
    EXPECT_EQ(page["Records"].size(), 3u);
    EXPECT_EQ(call("GetRecords", {{"ShardIterator", page["NextShardIterator"]}})["Records"].size(),
              1u);

    EXPECT_EQ(
        code_of("dynamodbstreams", "GetShardIterator", position(stream, "AT_SEQUENCE_NUMBER")),
        "ValidationException");
    EXPECT_EQ(code_of("dynamodbstreams", "GetRecords", {{"ShardIterator", "nonsense"}}),
              "ValidationException");
    EXPECT_EQ(code_of("dynamodbstreams", "GetRecords",
                      {{"ShardIterator",
                        stream + "|1|" + std::string("OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSwx")}}),
              "ValidationException");
    clock.advance(std::chrono::minutes(16));
    EXPECT_EQ(code_of("dynamodbstreams", "GetRecords", {{"ShardIterator", latest}}),
              "ExpiredIteratorException");
}

TEST_F(Streams, RecordsAreKeptForADay) {
    const std::string stream = create("KEYS_ONLY");
    put("a", "1");
    const std::string first = records(stream)[0]["dynamodb"]["SequenceNumber"];
    clock.advance(std::chrono::hours(12));
    put("b", "1");
    settle();
    EXPECT_EQ(records(stream).size(), 2u);
    clock.advance(std::chrono::hours(13));
    settle();
    ASSERT_EQ(records(stream).size(), 1u);
    EXPECT_EQ(records(stream)[0]["dynamodb"]["Keys"]["pk"], s("b"));
    EXPECT_EQ(code_of("dynamodbstreams", "GetShardIterator",
                      position(stream, "AT_SEQUENCE_NUMBER", first)),
              "TrimmedDataAccessException");
    // A position taken before the trimming is told so as well, not moved silently.
    const std::string horizon = iterator(stream, "TRIM_HORIZON");
    clock.advance(std::chrono::hours(12));
    settle();
    EXPECT_EQ(records(stream), Json::array());
    put("c", "1");
    EXPECT_EQ(records(stream)[0]["dynamodb"]["SequenceNumber"], "100000000000000000003");
}

TEST_F(Streams, CloseWithTheirTableAndGoADayLater) {
    const std::string first = create("KEYS_ONLY");
    put("a", "1");
    ok("dynamodb", "UpdateTable",
       {{"TableName", "users"}, {"StreamSpecification", {{"StreamEnabled", false}}}});
    put("b", "1");
    ok("dynamodb", "UpdateTable",
       {{"TableName", "users"},
        {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}}}});
    const Json streams = call("ListStreams", {{"TableName", "users"}})["Streams"];
    ASSERT_EQ(streams.size(), 2u);
    const Json page = call("GetRecords", {{"ShardIterator", iterator(first, "TRIM_HORIZON")}});
    EXPECT_EQ(page["Records"].size(), 1u);
    EXPECT_FALSE(page.contains("NextShardIterator"));
    const Json described = call("DescribeStream", {{"StreamArn", first}})["StreamDescription"];
    EXPECT_EQ(described["StreamStatus"], "DISABLED");
    EXPECT_TRUE(described["Shards"][0]["SequenceNumberRange"].contains("EndingSequenceNumber"));
    ok("dynamodb", "DeleteTable", {{"TableName", "users"}});
    EXPECT_EQ(call("ListStreams", Json::object())["Streams"].size(), 2u);
    clock.advance(std::chrono::hours(25));
    settle();
    EXPECT_EQ(call("ListStreams", Json::object())["Streams"].size(), 0u);
    EXPECT_EQ(code_of("dynamodbstreams", "DescribeStream", {{"StreamArn", first}}),
              "ResourceNotFoundException");
}

TEST_F(Streams, ACancelledTransactionLeavesNoRecord) {
    const std::string stream = create("KEYS_ONLY");
    const Json fails = {{"TableName", "users"},
                        {"Key", {{"pk", s("b")}}},
                        {"ConditionExpression", "attribute_exists(pk)"}};
    EXPECT_EQ(code_of("dynamodb", "TransactWriteItems",
                      {{"TransactItems",
                        {{{"Put", {{"TableName", "users"}, {"Item", {{"pk", s("a")}}}}}},
                         {{"ConditionCheck", fails}}}}}),
              "TransactionCanceledException");
    EXPECT_EQ(records(stream), Json::array());
}

TEST_F(Streams, AWatchAsksForItsJobWithEveryRecord) {
    const std::string stream = create("KEYS_ONLY");
    close();
    {
        Database database(directory.path() / "data" / "lifeboat.db");
        database.write([&](Transaction& tx) {
            dynamodb::watch_stream(tx, stream, "test.poll", "mapping-1", {{"mapping", 1}});
        });
    }
    put("a", "1");
    put("b", "1");
    close();
    Database database(directory.path() / "data" / "lifeboat.db");
    const auto jobs = [&] {
        return *database.read([](Transaction& tx) {
            return tx.one("SELECT count(*) FROM job WHERE kind = 'test.poll' AND key = 'mapping-1'",
                          {}, [](const Row& row) { return row.integer(0); });
        });
    };
    EXPECT_EQ(jobs(), 1);
    database.write([&](Transaction& tx) {
        dynamodb::unwatch_stream(tx, "test.poll", "mapping-1");
        tx.run("DELETE FROM job WHERE kind = 'test.poll'");
    });
    EXPECT_EQ(jobs(), 0);
}

}  // namespace
}  // namespace lifeboat::local
