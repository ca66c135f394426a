#include <future>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/sqs/testing/sqs_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

using testing::SqsTest;

TEST_F(SqsTest, HandsAMessageOutUntilItIsDeleted) {
    const std::string url = make("q");
    const Json sent = send(url, "hello");
    EXPECT_EQ(sent["MD5OfMessageBody"], to_hex(md5("hello")));
    const Json first = receive(url, {{"AttributeNames", {"All"}}});
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0]["MessageId"], sent["MessageId"]);
    EXPECT_EQ(first[0]["Attributes"]["ApproximateReceiveCount"], "1");
    EXPECT_EQ(first[0]["Attributes"]["SentTimestamp"], "1767345504000");
    EXPECT_TRUE(receive(url).empty());
    EXPECT_EQ(counts(url), "0 1 0");
    clock.advance(30s);
    const Json second =
        receive(url, {{"MessageSystemAttributeNames", {"ApproximateReceiveCount"}}});
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0]["Attributes"], (Json{{"ApproximateReceiveCount", "2"}}));
    // The older receipt no longer deletes it.
    remove(url, first[0]);
    EXPECT_EQ(counts(url), "0 1 0");
    remove(url, second[0]);
    remove(url, second[0]);
    EXPECT_EQ(counts(url), "0 0 0");
    EXPECT_EQ(refused("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", "x"}}),
              "ReceiptHandleIsInvalid");
}

TEST_F(SqsTest, ChangesTheVisibilityOfMessagesInFlight) {
    const std::string url = make("q", {{"VisibilityTimeout", "100"}});
    send(url, "m");
    const Json message = receive(url)[0];
    const auto change = [&](int seconds) {
        return Json{{"QueueUrl", url},
                    {"ReceiptHandle", message["ReceiptHandle"]},
                    {"VisibilityTimeout", seconds}};
    };
    sqs("ChangeMessageVisibility", change(0));
    EXPECT_EQ(receive(url, {{"VisibilityTimeout", 5}}).size(), 1U);
    clock.advance(6s);
    const Json again = receive(url)[0];
    EXPECT_EQ(refused("ChangeMessageVisibility", change(5)), "InvalidParameterValue");
    Json newest = change(43200);
    newest["ReceiptHandle"] = again["ReceiptHandle"];
    sqs("ChangeMessageVisibility", newest);
    clock.advance(1s);
    EXPECT_EQ(refused("ChangeMessageVisibility", newest), "InvalidParameterValue");
    newest["VisibilityTimeout"] = 1;
    sqs("ChangeMessageVisibility", newest);
    clock.advance(2s);
    EXPECT_EQ(refused("ChangeMessageVisibility", newest), "MessageNotInflight");
    newest["VisibilityTimeout"] = 43201;
    EXPECT_EQ(refused("ChangeMessageVisibility", newest), "InvalidParameterValue");
}

TEST_F(SqsTest, DelaysAndForgets) {
    const std::string url = make("q", {{"DelaySeconds", "10"}, {"MessageRetentionPeriod", "60"}});
    send(url, "late");
    send(url, "now", {{"DelaySeconds", 0}});
    EXPECT_EQ(counts(url), "1 0 1");
    EXPECT_EQ(bodies(receive(url)), Bodies{"now"});
    clock.advance(10s);
    EXPECT_EQ(bodies(receive(url, {{"VisibilityTimeout", 0}})), Bodies{"late"});
    clock.advance(50s);
    EXPECT_TRUE(receive(url).empty());
    EXPECT_EQ(counts(url), "0 0 0");
    EXPECT_EQ(
        refused("SendMessage", {{"QueueUrl", url}, {"MessageBody", "m"}, {"DelaySeconds", 901}}),
        "InvalidParameterValue");
}

TEST_F(SqsTest, CarriesAttributesWithTheirDigests) {
    const std::string url = make("q");
    const Json attributes = {
        {"b", {{"DataType", "Binary.x"}, {"BinaryValue", base64_encode(std::string("\0\xff", 2))}}},
        {"a", {{"DataType", "String"}, {"StringValue", "ä"}}},
        {"C", {{"DataType", "Number"}, {"StringValue", "1"}}}};
    const Json sent = send(url, "m", {{"MessageAttributes", attributes}});
    EXPECT_EQ(sent["MD5OfMessageAttributes"], "ac058bc7b8d5b6f84e785c7d6d8ec87d");
    EXPECT_EQ(send(url, "n",
                   {{"MessageAttributes",
                     {{"timestamp",
                       {{"DataType", "Number"},
                        {"StringValue", "1493147359900"}}}}}})["MD5OfMessageAttributes"],
              "235c5c510d26fb653d073faed50ae77c");
    const Json all = receive(url, {{"MessageAttributeNames", {"All"}}, {"VisibilityTimeout", 0}});
    EXPECT_EQ(all[0]["MessageAttributes"], attributes);
    EXPECT_EQ(all[0]["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    const Json some = receive(url, {{"MessageAttributeNames", {"tim.*", "C"}}});
    EXPECT_EQ(some[0]["MessageAttributes"].size(), 1U);
    EXPECT_TRUE(some[1]["MessageAttributes"].contains("timestamp"));
}

TEST_F(SqsTest, RefusesBadMessages) {
    const std::string url = make("q", {{"MaximumMessageSize", "1024"}});
    const auto bad = [&](Json more) {
        more["QueueUrl"] = url;
        if (!more.contains("MessageBody")) more["MessageBody"] = "m";
        return refused("SendMessage", more);
    };
    const auto attribute_of = [](const char* name, const char* type, const char* value) {
        return Json{{"MessageAttributes", {{name, {{"DataType", type}, {"StringValue", value}}}}}};
    };
    EXPECT_EQ(bad({{"MessageBody", ""}}), "MissingParameter");
    EXPECT_EQ(bad({{"MessageBody", "a\x01"}}), "InvalidMessageContents");
    EXPECT_EQ(bad({{"MessageBody", std::string(1025, 'x')}}), "InvalidParameterValue");
    EXPECT_EQ(bad({{"MessageDeduplicationId", "d"}}), "InvalidParameterValue");
    EXPECT_EQ(bad(attribute_of("aws.x", "String", "v")), "InvalidParameterValue");
    EXPECT_EQ(bad(attribute_of("x..y", "String", "v")), "InvalidParameterValue");
    EXPECT_EQ(bad(attribute_of("x", "Text", "v")), "InvalidParameterValue");
    EXPECT_EQ(bad(attribute_of("x", "String", "")), "InvalidParameterValue");
    EXPECT_EQ(bad(attribute_of("x", "Number", "five")), "InvalidParameterValue");
    EXPECT_EQ(counts(url), "0 0 0");
}

TEST_F(SqsTest, AnswersBatchesEntryByEntry) {
    const std::string url = make("q");
    const Json sent = sqs("SendMessageBatch", {{"QueueUrl", url},
                                               {"Entries",
                                                {{{"Id", "1"}, {"MessageBody", "a"}},
                                                 {{"Id", "2"}, {"MessageBody", "a\x02"}},
                                                 {{"Id", "3"}, {"MessageBody", "b"}}}}});
    EXPECT_EQ(sent["Successful"].size(), 2U);
    ASSERT_EQ(sent["Failed"].size(), 1U);
    EXPECT_EQ(sent["Failed"][0]["Id"], "2");
    EXPECT_EQ(sent["Failed"][0]["SenderFault"], true);
    EXPECT_EQ(sent["Failed"][0]["Code"], "InvalidMessageContents");
    Json entries = Json::array();
    for (const Json& message : receive(url))
        entries.push_back({{"Id", std::to_string(entries.size())},
                           {"ReceiptHandle", message["ReceiptHandle"]},
                           {"VisibilityTimeout", 50}});
    EXPECT_EQ(
        sqs("ChangeMessageVisibilityBatch", {{"QueueUrl", url}, {"Entries", entries}})["Successful"]
            .size(),
        2U);
    entries[0]["ReceiptHandle"] = "nonsense";
    const Json removed = sqs("DeleteMessageBatch", {{"QueueUrl", url}, {"Entries", entries}});
    EXPECT_EQ(removed["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
    EXPECT_EQ(removed["Successful"], Json::array({Json{{"Id", "1"}}}));

    const auto batch = [&](const Json& list) {
        return refused("DeleteMessageBatch", {{"QueueUrl", url}, {"Entries", list}});
    };
    const auto entry = [](const std::string& id) {
        return Json{{"Id", id}, {"ReceiptHandle", "r"}};
    };
    EXPECT_EQ(batch(Json::array()), "EmptyBatchRequest");
    EXPECT_EQ(batch({entry("1"), entry("1")}), "BatchEntryIdsNotDistinct");
    EXPECT_EQ(batch(Json::array({entry("a b")})), "InvalidBatchEntryId");
    Json eleven = Json::array();
    for (int i = 0; i < 11; ++i)
        eleven.push_back(entry(std::to_string(i)));
    EXPECT_EQ(batch(eleven), "TooManyEntriesInBatchRequest");
}

TEST_F(SqsTest, WaitsForAMessageThatComesMeanwhile) {
    const std::string url = make("q");
    auto waiting = std::async(std::launch::async, [&] {
        return receive(url, {{"WaitTimeSeconds", 20}});
    });
    send(url, "m");
    ASSERT_EQ(waiting.wait_for(30s), std::future_status::ready);
    EXPECT_EQ(bodies(waiting.get()), Bodies{"m"});
}

TEST_F(SqsTest, StopsWaitingInTimeAndWhenTheProcessStops) {
    const std::string url = make("q", {{"ReceiveMessageWaitTimeSeconds", "5"}});
    auto waiting = std::async(std::launch::async, [&] { return receive(url); });
    while (waiting.wait_for(0s) != std::future_status::ready)
        clock.advance(1s);
    EXPECT_TRUE(waiting.get().empty());
    EXPECT_EQ(refused("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 21}}),
              "InvalidParameterValue");
    EXPECT_EQ(refused("ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 11}}),
              "InvalidParameterValue");
    cloud().start();
    auto stopped = std::async(std::launch::async, [&] { return receive(url); });
    cloud().stop();
    ASSERT_EQ(stopped.wait_for(30s), std::future_status::ready);
    EXPECT_TRUE(stopped.get().empty());
}

TEST_F(SqsTest, SendsOncePerCallToken) {
    const std::string url = make("q");
    const Json request = {{"QueueUrl", url}, {"MessageBody", "m"}};
    const Json first = cloud().call("sqs", "SendMessage", request, {"token"});
    EXPECT_EQ(cloud().call("sqs", "SendMessage", request, {"token"}), first);
    EXPECT_EQ(counts(url), "1 0 0");
}

TEST_F(SqsTest, KeepsMessagesOverARestart) {
    const std::string url = make("q");
    send(url, "m");
    close();
    EXPECT_EQ(bodies(receive(url)), Bodies{"m"});
}

TEST_F(SqsTest, GetsEventsFromTheBus) {
    const std::string url = make("q");
    ok("events", "PutRule", {{"Name", "r"}, {"EventPattern", R"({"source":["s"]})"}});
    ok("events", "PutTargets",
       {{"Rule", "r"}, {"Targets", {{{"Id", "q"}, {"Arn", arn("q")}, {"InputPath", "$.detail"}}}}});
    ok("events", "PutEvents",
       {{"Entries", {{{"Source", "s"}, {"DetailType", "t"}, {"Detail", R"({"k":1})"}}}}});
    settle();
    EXPECT_EQ(bodies(receive(url)), Bodies{R"({"k":1})"});
}

}  // namespace
}  // namespace lifeboat::local
