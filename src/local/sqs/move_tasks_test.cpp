// Dead letters: how they get to their queue, and back.
#include "base/json.h"
#include "local/sqs/testing/sqs_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

using testing::SqsTest;

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
