#include "local/sqs/clock_set_back.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::sqs {
namespace {

using namespace std::chrono_literals;
using Bodies = std::vector<std::string>;

class ClockSetBackTest : public testing::LocalCloudTest {
  protected:
    std::string make(const std::string& name, const Json& attributes = Json::object()) {
        return ok("sqs", "CreateQueue",
                  {{"QueueName", name}, {"Attributes", attributes}})["QueueUrl"];
    }
    Json send(const std::string& url, const std::string& body, Json more = Json::object()) {
        more["QueueUrl"] = url;
        more["MessageBody"] = body;
        return ok("sqs", "SendMessage", more);
    }
    Bodies receive(const std::string& url) {
        const Json answer =
            ok("sqs", "ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 10}});
        Bodies all;
        for (const Json& message : answer.value("Messages", Json::array()))
            all.push_back(message["Body"]);
        return all;
    }
};

TEST_F(ClockSetBackTest, MessagesWaitNoLongerThanTheyWould) {
    const std::string url = make("q");
    send(url, "in flight");
    send(url, "delayed", {{"DelaySeconds", 20}});
    EXPECT_EQ(receive(url), Bodies{"in flight"});
    send(url, "waiting");
    settle();
    clock.advance(-3h);
    settle();
    EXPECT_EQ(receive(url), Bodies{"waiting"});
    clock.advance(20s);
    EXPECT_EQ(receive(url), Bodies{"delayed"});
    clock.advance(10s);
    EXPECT_EQ(receive(url), (Bodies{"in flight", "waiting"}));
}

TEST_F(ClockSetBackTest, ARepetitionIsOneForNoLonger) {
    const std::string url =
        make("q.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
    const Json group = {{"MessageGroupId", "g"}};
    const Json first = send(url, "same", group);
    settle();
    clock.advance(-3h);
    settle();
    EXPECT_EQ(receive(url), Bodies{"same"});
    clock.advance(5min - 1s);
    EXPECT_EQ(send(url, "same", group), first);
    clock.advance(1s);
    EXPECT_NE(send(url, "same", group), first);
}

// Back to a time after they were sent.
TEST_F(ClockSetBackTest, ALittleCountsAsWell) {
    const std::string url = make("q", {{"VisibilityTimeout", "7200"}});
    const std::string fifo =
        make("q.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
    send(url, "in flight");
    EXPECT_EQ(receive(url), Bodies{"in flight"});
    clock.advance(1h);
    const Json group = {{"MessageGroupId", "g"}};
    const Json first = send(fifo, "same", group);
    clock.advance(4min);
    settle();
    clock.advance(-3min);
    settle();
    EXPECT_EQ(send(fifo, "same", group), first);
    clock.advance(1min);
    EXPECT_NE(send(fifo, "same", group), first);
    clock.advance(55min - 1s);
    EXPECT_EQ(receive(url), Bodies{});
    clock.advance(1s);
    EXPECT_EQ(receive(url), Bodies{"in flight"});
}

}  // namespace
}  // namespace lifeboat::local::sqs
