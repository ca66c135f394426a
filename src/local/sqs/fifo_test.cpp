#include "base/json.h"
#include "local/sqs/testing/sqs_fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

using testing::SqsTest;

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

}  // namespace
}  // namespace lifeboat::local
