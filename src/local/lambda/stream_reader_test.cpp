#include "base/json.h"
#include "cloud/pages.h"
#include "local/lambda/testing/mapping_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

class StreamMapping : public testing::MappingTest {};

TEST_F(StreamMapping, RecordsComeInLambdasForm) {
    const std::string uuid = map_stream();
    put("a");
    settle();
    ASSERT_EQ(batches, (Batches{{"a"}}));
    const Json record = last_event()["Records"][0];
    EXPECT_EQ(record["eventName"], "INSERT");
    EXPECT_EQ(record["eventSource"], "aws:dynamodb");
    EXPECT_EQ(record["eventSourceARN"], stream);
    EXPECT_EQ(record["awsRegion"], "us-east-1");
    EXPECT_EQ(record["dynamodb"]["NewImage"], (Json{{"id", {{"S", "a"}}}}));
    EXPECT_EQ(record["dynamodb"]["ApproximateCreationDateTime"], 1767345504);
    EXPECT_EQ(shown(uuid)["LastProcessingResult"], "OK");
    settle();
    EXPECT_EQ(batches.size(), 1U);
}

TEST_F(StreamMapping, TheStartingPositionSaysWhetherOldRecordsCount) {
    put("old");
    map_stream({{"StartingPosition", "LATEST"}});
    put("new");
    settle();
    EXPECT_EQ(batches, (Batches{{"new"}}));
    ok("lambda", "CreateEventSourceMapping",
       {{"FunctionName", "other"}, {"EventSourceArn", stream}, {"StartingPosition", "LATEST"}});
    EXPECT_EQ(
        cloud::all_items(cloud(), "lambda", "ListEventSourceMappings", {{"MaxItems", 1}}).size(),
        2U);
    EXPECT_EQ(
        ok("lambda", "ListEventSourceMappings", {{"FunctionName", "see"}})["EventSourceMappings"]
            .size(),
        1U);
}

TEST_F(StreamMapping, BatchesKeepTheirOrderAndSize) {
    for (const char* id : {"a", "b", "c", "d", "e"})
        put(id);
    map_stream({{"BatchSize", 2}});
    settle();
    EXPECT_EQ(batches, (Batches{{"a", "b"}, {"c", "d"}, {"e"}}));
}

TEST_F(StreamMapping, ABatchMayWaitToBecomeFull) {
    map_stream({{"BatchSize", 3}, {"MaximumBatchingWindowInSeconds", 20}});
    put("a");
    settle();
    EXPECT_TRUE(batches.empty());
    clock.advance(5s);
    put("b");
    settle();
    EXPECT_TRUE(batches.empty());
    put("c");
    settle();
    EXPECT_EQ(batches, (Batches{{"a", "b", "c"}}));
    put("d");
    settle();
    clock.advance(20s);
    settle();
    EXPECT_EQ(batches.back(), (std::vector<std::string>{"d"}));
}

TEST_F(StreamMapping, OneBadRecordIsSetAsideAndTheRestGoesOn) {
    Json settings = on_failure();
    settings.update({{"MaximumRetryAttempts", 2}, {"BisectBatchOnFunctionError", true}});
    const std::string uuid = map_stream(settings);
    bad = {"poison"};
    for (const char* id : {"a", "b", "poison", "c", "d"})
        put(id);
    come_to_rest();
    EXPECT_EQ(seen, (std::map<std::string, int>{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}}));
    const auto records = reported();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]["requestContext"]["condition"], "RetryAttemptsExhausted");
    EXPECT_EQ(records[0]["requestContext"]["approximateInvokeCount"], 3);
    EXPECT_EQ(records[0]["responsePayload"]["errorMessage"], "cannot stomach poison");
    const Json& where = records[0]["DDBStreamBatchInfo"];
    EXPECT_EQ(where["batchSize"], 1);
    EXPECT_EQ(where["streamArn"], stream);
    EXPECT_EQ(where["startSequenceNumber"], where["endSequenceNumber"]);
    EXPECT_EQ(records[0]["payload"]["Records"][0]["dynamodb"]["Keys"]["id"]["S"], "poison");
    put("e");
    settle();
    EXPECT_EQ(seen["e"], 1);
}

TEST_F(StreamMapping, WithoutBisectionABatchIsTriedAsItWasAndSetAsideWhole) {
    Json settings = on_failure();
    settings.update({{"MaximumRetryAttempts", 1}});
    map_stream(settings);
    bad = {"poison"};
    put("a");
    put("poison");
    settle();
    put("b");  // asks for the job, but neither hastens nor widens the failed batch
    settle();
    EXPECT_EQ(batches.size(), 1U);
    come_to_rest();
    EXPECT_EQ(batches, (Batches{{"a", "poison"}, {"a", "poison"}, {"b"}}));
    const auto records = reported();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]["DDBStreamBatchInfo"]["batchSize"], 2);
}

TEST_F(StreamMapping, ReportedItemsAreTriedAgainFromTheFirstOn) {
    reports = true;
    map_stream({{"FunctionResponseTypes", {"ReportBatchItemFailures"}}});
    bad = {"c"};
    for (const char* id : {"a", "b", "c", "d"})
        put(id);
    settle();
    bad.clear();
    come_to_rest();
    EXPECT_EQ(batches, (Batches{{"a", "b", "c", "d"}, {"c", "d"}}));
}

TEST_F(StreamMapping, AnAnswerThatNamesUnknownItemsFailsTheBatch) {
    int calls = 0;
    functions["see"].run = [&](const Json&, cloud::FunctionContext&) -> Json {
        if (++calls == 1) return {{"batchItemFailures", {{{"itemIdentifier", "no such record"}}}}};
        if (calls == 2) return {{"batchItemFailures", {{{"itemIdentifier", ""}}}}};
        return {{"batchItemFailures", Json::array()}};
    };
    open({}, functions);
    map_stream({{"FunctionResponseTypes", {"ReportBatchItemFailures"}}});
    put("a");
    come_to_rest();
    EXPECT_EQ(calls, 3);
}

TEST_F(StreamMapping, RecordsThatAreTooOldAreSetAside) {
    Json settings = on_failure();
    settings.update({{"MaximumRecordAgeInSeconds", 60}});
    put("old");
    clock.advance(61s);
    put("young");
    map_stream(settings);
    settle();
    EXPECT_EQ(batches, (Batches{{"young"}}));
    const auto records = reported();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]["requestContext"]["condition"], "RecordAgeExceeded");
    EXPECT_EQ(records[0]["payload"]["Records"].size(), 1U);
}

TEST_F(StreamMapping, RecordsTheStreamHasForgottenDoNotBlockIt) {
    const std::string uuid = map_stream();
    bad = {"poison"};
    put("poison");
    settle();
    clock.advance(25h);
    settle();
    put("a");
    come_to_rest();
    EXPECT_EQ(seen, (std::map<std::string, int>{{"a", 1}}));
}

TEST_F(StreamMapping, FiltersKeepRecordsFromTheFunction) {
    const Json filter = {
        {"FilterCriteria",
         {{"Filters",
           {{{"Pattern", R"({"dynamodb": {"Keys": {"id": {"S": [{"prefix": "x"}]}}}})"}}}}}}};
    map_stream(filter);
    for (const char* id : {"a", "x1", "b", "x2"})
        put(id);
    settle();
    std::vector<std::string> all;
    for (const auto& batch : batches)
        all.insert(all.end(), batch.begin(), batch.end());
    EXPECT_EQ(all, (std::vector<std::string>{"x1", "x2"}));
}

}  // namespace
}  // namespace lifeboat::local
