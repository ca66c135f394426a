#include <sys/wait.h>
#include <unistd.h>

#include <mutex>
#include <set>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "cloud/pages.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

constexpr const char* kFailureQueue = "arn:aws:sqs:us-east-1:000000000000:failures";

// A table "users" with a stream, a queue "work", a queue "failures", and the function "see", which
// keeps what it gets and fails for what the test says.
class Mappings : public testing::LocalCloudTest {
  protected:
    Mappings() {
        functions["see"].timeout = 30s;
        functions["see"].run = [this](const Json& event, cloud::FunctionContext& context) {
            return see(event, context.cloud);
        };
        functions["other"].run = [](const Json&, cloud::FunctionContext&) { return Json(); };
        open({}, functions);
        stream = ok(
            "dynamodb", "CreateTable",
            {{"TableName", "users"},
             {"BillingMode", "PAY_PER_REQUEST"},
             {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
             {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
             {"StreamSpecification",
              {{"StreamEnabled", true},
               {"StreamViewType", "NEW_AND_OLD_IMAGES"}}}})["TableDescription"]["LatestStreamArn"];
        failures = ok("sqs", "CreateQueue", {{"QueueName", "failures"}})["QueueUrl"];
        work = ok("sqs", "CreateQueue", {{"QueueName", "work"}})["QueueUrl"];
    }

    virtual Json see(const Json& event, cloud::Cloud&) {
        std::vector<std::string> ids;
        Json failed = Json::array();
        for (const Json& record : event.at("Records")) {
            ids.push_back(record.contains("body")
                              ? record["body"].get<std::string>()
                              : record["dynamodb"]["Keys"]["id"]["S"].get<std::string>());
            if (!bad.contains(ids.back())) continue;
            if (!reports) {
                batches.push_back(ids);
                throw Error(ErrorCategory::Internal, "Poison", "cannot stomach " + ids.back());
            }
            failed.push_back({{"itemIdentifier", record.contains("body")
                                                     ? record["messageId"]
                                                     : record["dynamodb"]["SequenceNumber"]}});
        }
        batches.push_back(ids);
        for (const std::string& id : ids)
            if (!bad.contains(id)) ++seen[id];
        last_event = event;
        return reports ? Json{{"batchItemFailures", failed}} : Json();
    }

    std::string map(const Json& more, const std::string& source) {
        Json request = {{"FunctionName", "see"}, {"EventSourceArn", source}};
        request.update(more);
        return ok("lambda", "CreateEventSourceMapping", request).value("UUID", "");
    }
    std::string map_stream(const Json& more = Json::object()) {
        Json request = {{"StartingPosition", "TRIM_HORIZON"}};
        request.update(more);
        return map(request, stream);
    }
    std::string map_queue(const Json& more = Json::object()) {
        return map(more, queue_arn("work"));
    }
    static std::string queue_arn(const std::string& name) {
        return "arn:aws:sqs:us-east-1:000000000000:" + name;
    }
    Json shown(const std::string& uuid) {
        return ok("lambda", "GetEventSourceMapping", {{"UUID", uuid}});
    }
    void put(const std::string& id) {
        ok("dynamodb", "PutItem", {{"TableName", "users"}, {"Item", {{"id", {{"S", id}}}}}});
    }
    void send(const std::string& body) {
        ok("sqs", "SendMessage", {{"QueueUrl", work}, {"MessageBody", body}});
    }
    // Lets back-offs pass, without a day going by.
    void come_to_rest() {
        for (int i = 0; i < 30; ++i) {
            settle();
            clock.advance(1min);
        }
        settle();
    }
    std::vector<Json> reported() {
        std::vector<Json> records;
        while (true) {
            const Json answer =
                ok("sqs", "ReceiveMessage", {{"QueueUrl", failures}, {"MaxNumberOfMessages", 10}});
            if (!answer.contains("Messages") || answer["Messages"].empty()) return records;
            for (const Json& message : answer["Messages"])
                records.push_back(Json::parse(message["Body"].get<std::string>()));
        }
    }
    int in_work() {
        const Json answer =
            ok("sqs", "GetQueueAttributes", {{"QueueUrl", work}, {"AttributeNames", {"All"}}});
        const Json& attributes = answer["Attributes"];
        return std::stoi(attributes["ApproximateNumberOfMessages"].get<std::string>()) +
               std::stoi(attributes["ApproximateNumberOfMessagesNotVisible"].get<std::string>());
    }
    static Json on_failure() {
        return {{"DestinationConfig", {{"OnFailure", {{"Destination", kFailureQueue}}}}}};
    }

    cloud::Functions functions;
    std::string stream, failures, work;
    std::set<std::string> bad;
    bool reports = false;
    // One mapping calls its function once at a time.
    std::vector<std::vector<std::string>> batches;
    std::map<std::string, int> seen;
    Json last_event;
};

using Batches = std::vector<std::vector<std::string>>;

TEST_F(Mappings, RecordsComeInLambdasForm) {
    const std::string uuid = map_stream();
    put("a");
    settle();
    ASSERT_EQ(batches, (Batches{{"a"}}));
    const Json& record = last_event["Records"][0];
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

TEST_F(Mappings, TheStartingPositionSaysWhetherOldRecordsCount) {
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

TEST_F(Mappings, BatchesKeepTheirOrderAndSize) {
    for (const char* id : {"a", "b", "c", "d", "e"})
        put(id);
    map_stream({{"BatchSize", 2}});
    settle();
    EXPECT_EQ(batches, (Batches{{"a", "b"}, {"c", "d"}, {"e"}}));
}

TEST_F(Mappings, ABatchMayWaitToBecomeFull) {
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

TEST_F(Mappings, OneBadRecordIsSetAsideAndTheRestGoesOn) {
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

TEST_F(Mappings, WithoutBisectionABatchIsTriedAsItWasAndSetAsideWhole) {
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

TEST_F(Mappings, ReportedItemsAreTriedAgainFromTheFirstOn) {
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

TEST_F(Mappings, AnAnswerThatNamesUnknownItemsFailsTheBatch) {
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

TEST_F(Mappings, RecordsThatAreTooOldAreSetAside) {
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

TEST_F(Mappings, RecordsTheStreamHasForgottenDoNotBlockIt) {
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

TEST_F(Mappings, FiltersKeepRecordsFromTheFunction) {
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

TEST_F(Mappings, WhatIsSwitchedOffStandsStillAndGoesOnWhereItWas) {
    const std::string uuid = map_stream();
    put("a");
    settle();
    EXPECT_EQ(
        ok("lambda", "UpdateEventSourceMapping", {{"UUID", uuid}, {"Enabled", false}})["State"],
        "Disabled");
    put("b");
    settle();
    EXPECT_EQ(batches.size(), 1U);
    ok("lambda", "UpdateEventSourceMapping", {{"UUID", uuid}, {"Enabled", true}, {"BatchSize", 7}});
    settle();
    EXPECT_EQ(batches, (Batches{{"a"}, {"b"}}));
    EXPECT_EQ(shown(uuid)["BatchSize"], 7);
    EXPECT_EQ(ok("lambda", "DeleteEventSourceMapping", {{"UUID", uuid}})["State"], "Deleting");
    put("c");
    settle();
    EXPECT_EQ(batches.size(), 2U);
    EXPECT_EQ(code_of("lambda", "GetEventSourceMapping", {{"UUID", uuid}}),
              "ResourceNotFoundException");
}

TEST_F(Mappings, WrongOnesAreRefused) {
    const auto refused = [&](const Json& more, const std::string& source) {
        Json request = {{"FunctionName", "see"}, {"EventSourceArn", source}};
        request.update(more);
        return code_of("lambda", "CreateEventSourceMapping", request);
    };
    const Json start = {{"StartingPosition", "LATEST"}};
    const auto with = [&](Json more) {
        more.update(start);
        return more;
    };
    const std::string wrong = "InvalidParameterValueException";
    EXPECT_EQ(refused(Json::object(), stream), wrong);  // no position
    EXPECT_EQ(refused({{"StartingPosition", "AT_TIMESTAMP"}}, stream), wrong);
    EXPECT_EQ(refused(start, "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x"), wrong);
    EXPECT_EQ(refused(start, "arn:aws:kinesis:us-east-1:000000000000:stream/s"), wrong);
    EXPECT_EQ(refused(with({{"ParallelizationFactor", 2}}), stream), wrong);
    EXPECT_EQ(refused(with({{"TumblingWindowInSeconds", 5}}), stream), wrong);
    EXPECT_EQ(refused(with({{"MaximumRecordAgeInSeconds", 5}}), stream), wrong);
    EXPECT_EQ(refused(with({{"BatchSize", 10001}}), stream), "ValidationException");
    EXPECT_EQ(refused(with({{"FunctionName", "nobody"}}), stream), wrong);
    EXPECT_EQ(
        refused(with({{"FilterCriteria", {{"Filters", {{{"Pattern", "{nonsense"}}}}}}}), stream),
        wrong);
    EXPECT_EQ(refused(start, queue_arn("work")), wrong);
    EXPECT_EQ(refused(Json::object(), queue_arn("nowhere")), wrong);
    EXPECT_EQ(refused({{"BisectBatchOnFunctionError", true}}, queue_arn("work")), wrong);
    functions["see"].timeout = 31s;
    open({}, functions);
    EXPECT_EQ(refused(Json::object(), queue_arn("work")), wrong);
    EXPECT_NE(last_message.find("visibility"), std::string::npos);
    EXPECT_EQ(refused(start, stream), "");
    EXPECT_EQ(refused(start, stream), "ResourceConflictException");
}

TEST_F(Mappings, MessagesComeInLambdasFormAndAreDeleted) {
    map_queue();
    ok("sqs", "SendMessage",
       {{"QueueUrl", work},
        {"MessageBody", "hello"},
        {"MessageAttributes", {{"k", {{"DataType", "String"}, {"StringValue", "v"}}}}}});
    clock.advance(1s);
    settle();
    ASSERT_EQ(batches, (Batches{{"hello"}}));
    const Json& record = last_event["Records"][0];
    EXPECT_EQ(record["eventSource"], "aws:sqs");
    EXPECT_EQ(record["eventSourceARN"], queue_arn("work"));
    EXPECT_EQ(record["attributes"]["ApproximateReceiveCount"], "1");
    EXPECT_EQ(record["messageAttributes"]["k"]["stringValue"], "v");
    EXPECT_EQ(record["messageAttributes"]["k"]["dataType"], "String");
    EXPECT_EQ(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(in_work(), 0);
}

TEST_F(Mappings, MessagesOfAFailedBatchComeAgainAfterTheirVisibilityTimeout) {
    map_queue();
    bad = {"poison"};
    send("poison");
    clock.advance(1s);
    settle();
    EXPECT_EQ(batches.size(), 1U);
    clock.advance(10s);
    settle();
    EXPECT_EQ(batches.size(), 1U);
    bad.clear();
    clock.advance(21s);
    settle();
    EXPECT_EQ(batches.size(), 2U);
    EXPECT_EQ(seen["poison"], 1);
    EXPECT_EQ(in_work(), 0);
}

TEST_F(Mappings, OnlyReportedMessagesComeAgain) {
    reports = true;
    map_queue({{"FunctionResponseTypes", {"ReportBatchItemFailures"}}, {"BatchSize", 25}});
    bad = {"m3"};
    for (int i = 0; i < 25; ++i)
        send("m" + std::to_string(i));
    clock.advance(1s);
    settle();
    ASSERT_EQ(batches.size(), 1U);
    EXPECT_EQ(batches[0].size(), 25U);
    EXPECT_EQ(in_work(), 1);
    bad.clear();
    clock.advance(31s);
    settle();
    EXPECT_EQ(batches.back(), (std::vector<std::string>{"m3"}));
    EXPECT_EQ(in_work(), 0);
}

TEST_F(Mappings, MessagesThatPassNoFilterAreDeleted) {
    map_queue({{"FilterCriteria", {{"Filters", {{{"Pattern", R"({"body": {"kind": ["a"]}})"}}}}}}});
    send(R"({"kind": "a"})");
    send(R"({"kind": "b"})");
    send("neither");
    clock.advance(1s);
    settle();
    EXPECT_EQ(batches, (Batches{{R"({"kind": "a"})"}}));
    EXPECT_EQ(in_work(), 0);
}

// The function counts in the database, so that what a killed process did stays known.
class MappingsKilled : public Mappings {
  protected:
    Json see(const Json& event, cloud::Cloud& own) override {
        for (const Json& record : event.at("Records")) {
            const std::string id = record.contains("body")
                                       ? record["body"].get<std::string>()
                                       : record["dynamodb"]["Keys"]["id"]["S"].get<std::string>();
            own.call("dynamodb", "UpdateItem",
                     {{"TableName", "counts"},
                      {"Key", {{"id", {{"S", id}}}}},
                      {"UpdateExpression", "ADD n :one"},
                      {"ExpressionAttributeValues", {{":one", {{"N", "1"}}}}}});
        }
        return nullptr;
    }
    std::map<std::string, int> counts() {
        std::map<std::string, int> found;
        const Json answer = ok("dynamodb", "Scan", {{"TableName", "counts"}});
        for (const Json& item : answer["Items"])
            found[item["id"]["S"]] = std::stoi(item["n"]["N"].get<std::string>());
        return found;
    }
    bool killed_at(const std::string& script) {
        close();
        const pid_t child = ::fork();
        if (child == 0) {
            fault::install(script);
            open({}, functions).start();
            cloud().settle(30s);
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        // The child drew from a copy of this generator: its ids must not be drawn again.
        for (int i = 0; i < 10'000; ++i)
            random.next();
        open({}, functions);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
};

TEST_F(MappingsKilled, AtMostTheBatchInWorkIsDeliveredAgain) {
    ok("dynamodb", "CreateTable",
       {{"TableName", "counts"},
        {"BillingMode", "PAY_PER_REQUEST"},
        {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
        {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}}});
    map_stream({{"BatchSize", 2}});
    map_queue();
    int kills = 0;
    int written = 0;
    for (const std::string point :
         {"lambda.before-function", "lambda.after-function", "lambda.before-checkpoint"})
        for (int nth = 1; nth <= 3; ++nth) {
            SCOPED_TRACE(point + ":" + std::to_string(nth));
            open({}, functions);  // at rest: the child is to do the work
            std::vector<std::string> ids;
            for (int i = 0; i < 4; ++i)
                ids.push_back("r" + std::to_string(written++));
            for (const std::string& id : ids)
                put(id);
            send(ids[0] + "-message");
            clock.advance(1s);  // the queue is looked at again
            kills += killed_at(point + ":" + std::to_string(nth) + "=kill") ? 1 : 0;
            settle();
            clock.advance(31s);  // the message's visibility
            settle();
            const auto found = counts();
            std::size_t twice = 0;
            for (const std::string& id : ids) {
                ASSERT_TRUE(found.contains(id)) << id;
                EXPECT_LE(found.at(id), 2);
                twice += found.at(id) == 2 ? 1 : 0;
            }
            EXPECT_LE(twice, 2U);
            ASSERT_TRUE(found.contains(ids[0] + "-message"));
            EXPECT_LE(found.at(ids[0] + "-message"), 2);
            EXPECT_EQ(in_work(), 0);
        }
    EXPECT_GE(kills, 8);
}

}  // namespace
}  // namespace lifeboat::local
