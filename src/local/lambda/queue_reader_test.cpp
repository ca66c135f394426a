#include "base/json.h"
#include "local/lambda/testing/mapping_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

class QueueMapping : public testing::MappingTest {};

TEST_F(QueueMapping, MessagesComeInLambdasFormAndAreDeleted) {
    map_queue();
    ok("sqs", "SendMessage",
       {{"QueueUrl", work},
        {"MessageBody", "hello"},
        {"MessageAttributes", {{"k", {{"DataType", "String"}, {"StringValue", "v"}}}}}});
    clock.advance(1s);
    settle();
    ASSERT_EQ(batches, (Batches{{"hello"}}));
    const Json record = last_event()["Records"][0];
    EXPECT_EQ(record["eventSource"], "aws:sqs");
    EXPECT_EQ(record["eventSourceARN"], queue_arn("work"));
    EXPECT_EQ(record["attributes"]["ApproximateReceiveCount"], "1");
    EXPECT_EQ(record["messageAttributes"]["k"]["stringValue"], "v");
    EXPECT_EQ(record["messageAttributes"]["k"]["dataType"], "String");
    EXPECT_EQ(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(in_work(), 0);
}

TEST_F(QueueMapping, MessagesOfAFailedBatchComeAgainAfterTheirVisibilityTimeout) {
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

TEST_F(QueueMapping, OnlyReportedMessagesComeAgain) {
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

TEST_F(QueueMapping, MessagesThatPassNoFilterAreDeleted) {
    map_queue({{"FilterCriteria", {{"Filters", {{{"Pattern", R"({"body": {"kind": ["a"]}})"}}}}}}});
    send(R"({"kind": "a"})");
    send(R"({"kind": "b"})");
    send("neither");
    clock.advance(1s);
    settle();
    EXPECT_EQ(batches, (Batches{{R"({"kind": "a"})"}}));
    EXPECT_EQ(in_work(), 0);
}

}  // namespace
}  // namespace lifeboat::local
