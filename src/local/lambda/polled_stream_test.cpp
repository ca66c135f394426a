// Mappings from a stream that another cloud keeps, which shows it as AWS does.
#include "base/json.h"
#include "local/testing/fixture.h"
#include "local/testing/played_stream.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

// The function "see" keeps the ids it gets.
class PolledStream : public testing::LocalCloudTest {
  protected:
    PolledStream() {
        functions["see"].run = [this](const Json& event, cloud::FunctionContext&) {
            for (const Json& record : event.at("Records"))
                seen.push_back(record["dynamodb"]["Keys"]["id"]["S"]);
            return Json();
        };
        reopen();
    }

    void reopen() {
        close();
        open({}, functions, {{"dynamodb", &stream}, {"dynamodbstreams", &stream}});
    }
    std::string map() {
        return ok("lambda", "CreateEventSourceMapping",
                  {{"FunctionName", "see"},
                   {"EventSourceArn", testing::PlayedStream::arn()},
                   {"StartingPosition", "TRIM_HORIZON"}})
            .value("UUID", "");
    }
    void poll(int times) {
        for (int i = 0; i < times; ++i) {
            settle();
            clock.advance(1s);
        }
        settle();
    }

    testing::PlayedStream stream;
    cloud::Functions functions;
    std::vector<std::string> seen;
};

using Ids = std::vector<std::string>;

TEST_F(PolledStream, EmptyPagesDoNotHoldUpTheRecordsBehindThem) {
    stream.shards = {{"s1", "", {{}, {}, {"a"}, {}, {}, {}, {"b", "c"}}}};
    map();
    poll(8);
    EXPECT_EQ(seen, (Ids{"a", "b", "c"}));
    stream.shards[0].pages.push_back({});
    stream.shards[0].pages.push_back({"d"});
    poll(4);
    EXPECT_EQ(seen, (Ids{"a", "b", "c", "d"}));
}

TEST_F(PolledStream, AnIteratorThatHasExpiredIsAskedForAgain) {
    stream.shards = {{"s1", "", {{"a"}, {}}}};
    const std::string uuid = map();
    poll(3);
    stream.expire_iterators();
    stream.shards[0].pages.push_back({"b"});
    poll(3);
    EXPECT_EQ(seen, (Ids{"a", "b"}));
    EXPECT_EQ(ok("lambda", "GetEventSourceMapping", {{"UUID", uuid}})["LastProcessingResult"],
              "OK");
}

TEST_F(PolledStream, ARestartGoesOnAtTheCheckpoint) {
    stream.shards = {{"s1", "", {{"a"}, {}, {}}}};
    map();
    poll(3);
    reopen();
    stream.shards[0].pages.push_back({"b"});
    poll(4);
    EXPECT_EQ(seen, (Ids{"a", "b"}));
}

}  // namespace
}  // namespace lifeboat::local
