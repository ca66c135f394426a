#include "local/sqs/service.h"

#include <future>
#include <thread>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

class SqsTest : public testing::LocalCloudTest {
  protected:
    Json sqs(std::string_view operation, const Json& request) {
        return ok("sqs", operation, request);
    }
    std::string refused(std::string_view operation, const Json& request) {
        return code_of("sqs", operation, request);
    }
    std::string make(const std::string& name, const Json& attributes = Json::object()) {
        return sqs("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}})["QueueUrl"];
    }
    Json send(const std::string& url, const std::string& body, Json more = Json::object()) {
        more["QueueUrl"] = url;
        more["MessageBody"] = body;
        return sqs("SendMessage", more);
    }
    Json receive(const std::string& url, Json more = Json::object()) {
        more["QueueUrl"] = url;
        if (!more.contains("MaxNumberOfMessages")) more["MaxNumberOfMessages"] = 10;
        const Json answer = sqs("ReceiveMessage", more);
        return answer.contains("Messages") ? answer["Messages"] : Json::array();
    }
    std::vector<std::string> bodies(const Json& messages) {
        std::vector<std::string> all;
        for (const Json& message : messages)
            all.push_back(message["Body"]);
        return all;
    }
    void remove(const std::string& url, const Json& message) {
        sqs("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", message["ReceiptHandle"]}});
    }
    std::string attribute(const std::string& url, const std::string& name) {
        return sqs("GetQueueAttributes",
                   {{"QueueUrl", url}, {"AttributeNames", {name}}})["Attributes"][name];
    }
    std::string counts(const std::string& url) {
        return attribute(url, "ApproximateNumberOfMessages") + " " +
               attribute(url, "ApproximateNumberOfMessagesNotVisible") + " " +
               attribute(url, "ApproximateNumberOfMessagesDelayed");
    }
    std::string arn(const std::string& name) {
        return "arn:aws:sqs:us-east-1:000000000000:" + name;
    }
    Json redrive_to(const std::string& name, int most) {
        return {{"RedrivePolicy", "{\"deadLetterTargetArn\":\"" + arn(name) +
                                      "\",\"maxReceiveCount\":" + std::to_string(most) + "}"}};
    }
    using Bodies = std::vector<std::string>;
};

TEST_F(SqsTest, CreatesAQueueOnceForTheSameAttributes) {
    const std::string url = make("q", {{"DelaySeconds", "5"}});
    EXPECT_TRUE(url.ends_with("/000000000000/q")) << url;
    EXPECT_EQ(make("q", {{"DelaySeconds", "5"}}), url);
    EXPECT_EQ(make("q"), url);
    EXPECT_EQ(refused("CreateQueue", {{"QueueName", "q"}, {"Attributes", {{"DelaySeconds", "6"}}}}),
              "QueueNameExists");
    EXPECT_EQ(sqs("GetQueueUrl", {{"QueueName", "q"}})["QueueUrl"], url);
    EXPECT_EQ(refused("GetQueueUrl", {{"QueueName", "none"}}), "QueueDoesNotExist");
    EXPECT_EQ(attribute("http://elsewhere:1/000000000000/q", "QueueArn"), arn("q"));
    EXPECT_EQ(refused("GetQueueAttributes", {{"QueueUrl", "http://h/111111111111/q"}}),
              "QueueDoesNotExist");
}

TEST_F(SqsTest, RefusesBadNamesAndAttributes) {
    const auto create = [&](const std::string& name, const Json& attributes) {
        return refused("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}});
    };
    EXPECT_EQ(create("a b", Json::object()), "InvalidParameterValue");
    EXPECT_EQ(create(std::string(81, 'a'), Json::object()), "InvalidParameterValue");
    EXPECT_EQ(create("q.fifo", Json::object()), "InvalidParameterValue");
    EXPECT_EQ(create("q", {{"FifoQueue", "true"}}), "InvalidParameterValue");
    EXPECT_EQ(create("q", {{"Colour", "red"}}), "InvalidAttributeName");
    EXPECT_EQ(last_message, "Unknown Attribute Colour.");
    EXPECT_EQ(create("q", {{"VisibilityTimeout", "43201"}}), "InvalidAttributeValue");
    EXPECT_EQ(create("q", {{"DelaySeconds", "x"}}), "InvalidAttributeValue");
    EXPECT_EQ(create("q", {{"ContentBasedDeduplication", "true"}}), "InvalidAttributeName");
    EXPECT_EQ(create("q", {{"KmsMasterKeyId", "alias/aws/sqs"}}), "UnsupportedOperation");
    EXPECT_EQ(create("q", redrive_to("none", 3)), "InvalidParameterValue");
    EXPECT_EQ(create("q", {{"RedrivePolicy", "{}"}}), "InvalidParameterValue");
    make("dead.fifo", {{"FifoQueue", "true"}});
    EXPECT_EQ(create("q", redrive_to("dead.fifo", 3)), "InvalidParameterValue");
    make("q");
    EXPECT_EQ(refused("GetQueueAttributes",
                      {{"QueueUrl", "http://h/000000000000/q"}, {"AttributeNames", {"x"}}}),
              "InvalidAttributeName");
}

TEST_F(SqsTest, ListsQueuesByPage) {
    for (const char* name : {"a1", "a2", "a3", "b1"})
        make(name);
    const Json first = sqs("ListQueues", {{"QueueNamePrefix", "a"}, {"MaxResults", 2}});
    EXPECT_EQ(first["QueueUrls"].size(), 2U);
    const Json second =
        sqs("ListQueues",
            {{"QueueNamePrefix", "a"}, {"MaxResults", 2}, {"NextToken", first["NextToken"]}});
    EXPECT_EQ(second["QueueUrls"].size(), 1U);
    EXPECT_FALSE(second.contains("NextToken"));
    EXPECT_EQ(sqs("ListQueues", Json::object())["QueueUrls"].size(), 4U);
}

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

TEST_F(SqsTest, BuriesWhatIsReceivedTooOften) {
    const std::string dead = make("dead");
    const std::string url = make("q", redrive_to("dead", 2));
    send(url, "poison");
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(receive(url, {{"VisibilityTimeout", 0}}).size(), 1U);
    EXPECT_TRUE(receive(url).empty());
    const Json buried = receive(dead, {{"AttributeNames", {"All"}}, {"VisibilityTimeout", 0}});
    ASSERT_EQ(buried.size(), 1U);
    EXPECT_EQ(buried[0]["Attributes"]["DeadLetterQueueSourceArn"], arn("q"));
    EXPECT_EQ(buried[0]["Attributes"]["ApproximateReceiveCount"], "3");
    EXPECT_EQ(sqs("ListDeadLetterSourceQueues", {{"QueueUrl", dead}})["queueUrls"],
              Json::array({url}));
}

TEST_F(SqsTest, MovesDeadLettersBack) {
    const std::string dead = make("dead");
    const std::string url = make("q", redrive_to("dead", 1));
    for (int i = 0; i < 3; ++i)
        send(url, std::to_string(i));
    receive(url, {{"VisibilityTimeout", 0}});
    EXPECT_TRUE(receive(url).empty());
    EXPECT_EQ(counts(dead), "3 0 0");
    EXPECT_EQ(refused("StartMessageMoveTask", {{"SourceArn", arn("q")}}), "InvalidParameterValue");
    EXPECT_EQ(refused("StartMessageMoveTask", {{"SourceArn", arn("none")}}),
              "ResourceNotFoundException");
    const std::string handle =
        sqs("StartMessageMoveTask", {{"SourceArn", arn("dead")}})["TaskHandle"];
    EXPECT_EQ(refused("StartMessageMoveTask", {{"SourceArn", arn("dead")}}),
              "InvalidParameterValue");
    settle();
    EXPECT_EQ(counts(dead), "0 0 0");
    EXPECT_EQ(bodies(receive(url)), (Bodies{"0", "1", "2"}));
    const Json task = sqs("ListMessageMoveTasks", {{"SourceArn", arn("dead")}})["Results"][0];
    EXPECT_EQ(task["Status"], "COMPLETED");
    EXPECT_EQ(task["ApproximateNumberOfMessagesMoved"], 3);
    EXPECT_EQ(refused("CancelMessageMoveTask", {{"TaskHandle", handle}}),
              "ResourceNotFoundException");
}

TEST_F(SqsTest, MovesAtTheRateAskedForAndCanBeCancelled) {
    make("q", Json::object());
    const std::string dead = make("dead");
    make("source", redrive_to("dead", 1));
    for (int i = 0; i < 5; ++i)
        send(dead, std::to_string(i));
    const std::string handle =
        sqs("StartMessageMoveTask", {{"SourceArn", arn("dead")},
                                     {"DestinationArn", arn("q")},
                                     {"MaxNumberOfMessagesPerSecond", 2}})["TaskHandle"];
    settle();
    EXPECT_EQ(counts(dead), "3 0 0");
    clock.advance(1s);
    settle();
    EXPECT_EQ(counts(dead), "1 0 0");
    EXPECT_EQ(
        sqs("CancelMessageMoveTask", {{"TaskHandle", handle}})["ApproximateNumberOfMessagesMoved"],
        4);
    settle();
    EXPECT_EQ(sqs("ListMessageMoveTasks", {{"SourceArn", arn("dead")}})["Results"][0]["Status"],
              "CANCELLED");
    EXPECT_EQ(counts(dead), "1 0 0");
}

TEST_F(SqsTest, KeepsTheOrderWithinFifoGroups) {
    const std::string url = make("q.fifo", {{"FifoQueue", "true"}});
    const auto put = [&](const std::string& body, const std::string& group) {
        return send(url, body, {{"MessageGroupId", group}, {"MessageDeduplicationId", body}});
    };
    const Json first = put("a1", "a");
    EXPECT_EQ(first["SequenceNumber"].get<std::string>().size(), 20U);
    EXPECT_LT(first["SequenceNumber"], put("a2", "a")["SequenceNumber"]);
    put("b1", "b");
    const Json one = receive(url, {{"MaxNumberOfMessages", 1}});
    EXPECT_EQ(bodies(one), Bodies{"a1"});
    EXPECT_EQ(bodies(receive(url)), Bodies{"b1"});
    remove(url, one[0]);
    EXPECT_EQ(bodies(receive(url)), Bodies{"a2"});
    clock.advance(31s);
    const Json late = receive(url);
    EXPECT_EQ(bodies(late), (Bodies{"a2", "b1"}));
    clock.advance(31s);
    EXPECT_EQ(
        refused("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", late[0]["ReceiptHandle"]}}),
        "InvalidParameterValue");
}

TEST_F(SqsTest, SendsAFifoMessageOncePerDeduplicationId) {
    const std::string url =
        make("q.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
    const Json group = {{"MessageGroupId", "g"}};
    const Json first = send(url, "same", group);
    EXPECT_EQ(send(url, "same", group), first);
    EXPECT_EQ(counts(url), "1 0 0");
    clock.advance(5min);
    EXPECT_NE(send(url, "same", group), first);
    EXPECT_EQ(refused("SendMessage", {{"QueueUrl", url}, {"MessageBody", "m"}}),
              "MissingParameter");
    const std::string strict = make("s.fifo", {{"FifoQueue", "true"}});
    EXPECT_EQ(refused("SendMessage",
                      {{"QueueUrl", strict}, {"MessageBody", "m"}, {"MessageGroupId", "g"}}),
              "InvalidParameterValue");
}

TEST_F(SqsTest, RepeatsAFifoReceiveUnderTheSameAttempt) {
    const std::string url = make("q.fifo", {{"FifoQueue", "true"}});
    send(url, "m", {{"MessageGroupId", "g"}, {"MessageDeduplicationId", "d"}});
    const Json attempt = {{"ReceiveRequestAttemptId", "x"}};
    const Json first = receive(url, attempt);
    EXPECT_EQ(receive(url, attempt), first);
    EXPECT_TRUE(receive(url).empty());
    remove(url, first[0]);
    EXPECT_TRUE(receive(url, attempt).empty());
    EXPECT_EQ(refused("ReceiveMessage",
                      {{"QueueUrl", make("standard")}, {"ReceiveRequestAttemptId", "x"}}),
              "InvalidParameterValue");
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

TEST_F(SqsTest, PurgesAndDeletes) {
    const std::string url = make("q");
    send(url, "m");
    sqs("PurgeQueue", {{"QueueUrl", url}});
    EXPECT_EQ(counts(url), "0 0 0");
    EXPECT_EQ(refused("PurgeQueue", {{"QueueUrl", url}}), "PurgeQueueInProgress");
    send(url, "m");
    sqs("DeleteQueue", {{"QueueUrl", url}});
    EXPECT_EQ(refused("SendMessage", {{"QueueUrl", url}, {"MessageBody", "m"}}),
              "QueueDoesNotExist");
    EXPECT_EQ(refused("CreateQueue", {{"QueueName", "q"}}), "QueueDeletedRecently");
    clock.advance(60s);
    make("q");
    EXPECT_EQ(counts(url), "0 0 0");
}

TEST_F(SqsTest, ChangesSettings) {
    const std::string url = make("q");
    clock.advance(10s);
    sqs("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"VisibilityTimeout", "7"}}}});
    EXPECT_EQ(attribute(url, "VisibilityTimeout"), "7");
    EXPECT_EQ(attribute(url, "CreatedTimestamp"), "1767345504");
    EXPECT_EQ(attribute(url, "LastModifiedTimestamp"), "1767345514");
    EXPECT_EQ(
        refused("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"FifoQueue", "true"}}}}),
        "InvalidAttributeValue");
    make("dead", {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
    EXPECT_EQ(
        refused("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", redrive_to("dead", 3)}}),
        "InvalidParameterValue");
    sqs("SetQueueAttributes",
        {{"QueueUrl", "http://h/000000000000/dead"}, {"Attributes", {{"RedriveAllowPolicy", ""}}}});
    sqs("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", redrive_to("dead", 3)}});
    sqs("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"RedrivePolicy", ""}}}});
    EXPECT_FALSE(
        sqs("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {"All"}}})["Attributes"]
            .contains("RedrivePolicy"));
}

TEST_F(SqsTest, TagsQueues) {
    const std::string url =
        sqs("CreateQueue", {{"QueueName", "q"}, {"tags", {{"a", "1"}}}})["QueueUrl"];
    sqs("TagQueue", {{"QueueUrl", url}, {"Tags", {{"b", "2"}}}});
    sqs("UntagQueue", {{"QueueUrl", url}, {"TagKeys", {"a"}}});
    EXPECT_EQ(sqs("ListQueueTags", {{"QueueUrl", url}})["Tags"], (Json{{"b", "2"}}));
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

TEST_F(SqsTest, GetsDeadLettersFromTheBus) {
    const std::string dead = make("dead");
    ok("events", "PutRule", {{"Name", "r"}, {"EventPattern", R"({"source":["s"]})"}});
    ok("events", "PutTargets",
       {{"Rule", "r"},
        {"Targets",
         {{{"Id", "q"}, {"Arn", arn("gone")}, {"DeadLetterConfig", {{"Arn", arn("dead")}}}}}}});
    ok("events", "PutEvents",
       {{"Entries", {{{"Source", "s"}, {"DetailType", "t"}, {"Detail", R"({"k":1})"}}}}});
    settle();
    const Json buried = receive(dead, {{"MessageAttributeNames", {"All"}}});
    ASSERT_EQ(buried.size(), 1U);
    EXPECT_EQ(buried[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE");
    EXPECT_EQ(parse_json(buried[0]["Body"].get<std::string>(), "body")["detail"]["k"], 1);
}

}  // namespace
}  // namespace lifeboat::local
