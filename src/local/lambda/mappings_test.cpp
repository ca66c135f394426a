#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/json.h"
#include "local/lambda/testing/mapping_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

class Mappings : public testing::MappingTest {};

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

// The function counts in the database, so that what a killed process did stays known.
class MappingsKilled : public Mappings {
  protected:
    Json see(const Json& event, cloud::Cloud& own) override {
        for (const Json& record : event.at("Records")) {
            own.call("dynamodb", "UpdateItem",
                     {{"TableName", "counts"},
                      {"Key", {{"id", {{"S", id_of(record)}}}}},
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
