// Mappings from a stream that another cloud keeps, which shows it as AWS does.
#include "base/json.h"
#include "local/database.h"
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

TEST_F(PolledStream, ChildrenWaitUntilTheirParentIsReadToItsEnd) {
    // As they are listed is not their order; the parent of the first is forgotten.
    stream.shards = {{"grandchild", "child", {{"e"}}},
                     {"child", "parent", {{"c"}, {"d"}}, true},
                     {"parent", "long-gone", {{"a"}, {}}}};
    stream.shards_a_page = 1;
    map();
    poll(4);
    EXPECT_EQ(seen, (Ids{"a"}));
    stream.shards[2].pages.push_back({"b"});
    stream.shards[2].closed = true;
    poll(8);
    EXPECT_EQ(seen, (Ids{"a", "b", "c", "d", "e"}));
}

TEST_F(PolledStream, AShardThatIsGoneIsForgotten) {
    stream.shards = {{"parent", "", {{"a"}}, true}, {"child", "parent", {{"b"}}}};
    map();
    poll(4);
    EXPECT_EQ(seen, (Ids{"a", "b"}));
    const auto kept = [&] {
        Database database(directory.path() / "data/lifeboat.db");
        return database.read([](Transaction& tx) {
            return *tx.one("SELECT group_concat(shard) FROM lambda_checkpoint", {},
                           [](const Row& row) { return row.string(0); });
        });
    };
    EXPECT_EQ(kept(), "child,parent");
    stream.shards.erase(stream.shards.begin());
    poll(2);
    EXPECT_EQ(kept(), "child");
    EXPECT_EQ(seen, (Ids{"a", "b"}));
}

}  // namespace
}  // namespace lifeboat::local
