#include "base/json.h"
#include "local/sqs/testing/sqs_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

using testing::SqsTest;

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

}  // namespace
}  // namespace lifeboat::local
