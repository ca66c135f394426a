#include "local/events/service.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

class EventsServiceTest : public testing::LocalCloudTest {
  protected:
    Json events(std::string_view operation, const Json& request) {
        return ok("events", operation, request);
    }
    std::string refused(std::string_view operation, const Json& request) {
        return code_of("events", operation, request);
    }
    void put_rule(const std::string& name) {
        events("PutRule", {{"Name", name}, {"EventPattern", R"({"source":["s"]})"}});
    }
    const std::string lambda = "arn:aws:lambda:us-east-1:000000000000:function:f";
    const std::string rule_arn = "arn:aws:events:us-east-1:000000000000:rule/";
};

TEST_F(EventsServiceTest, KeepsRules) {
    EXPECT_EQ(events("PutRule", {{"Name", "a"},
                                 {"EventPattern", R"({"source":["s"]})"},
                                 {"Description", "d"},
                                 {"Tags", {{{"Key", "k"}, {"Value", "v"}}}}})["RuleArn"],
              rule_arn + "a");
    events("PutRule",
           {{"Name", "b"}, {"ScheduleExpression", "rate(1 hour)"}, {"State", "DISABLED"}});
    const Json a = events("DescribeRule", {{"Name", "a"}});
    EXPECT_EQ(a["State"], "ENABLED");
    EXPECT_EQ(a["EventBusName"], "default");
    EXPECT_EQ(a["CreatedBy"], "000000000000");
    EXPECT_FALSE(a.contains("ScheduleExpression"));
    const Json first = events("ListRules", {{"Limit", 1}});
    ASSERT_EQ(first["Rules"].size(), 1U);
    const Json second = events("ListRules", {{"Limit", 1}, {"NextToken", first["NextToken"]}});
    EXPECT_EQ(second["Rules"][0]["Name"], "b");
    EXPECT_FALSE(second.contains("NextToken"));
    EXPECT_EQ(events("ListRules", {{"NamePrefix", "b"}})["Rules"].size(), 1U);
    events("EnableRule", {{"Name", "b"}});
    EXPECT_EQ(events("DescribeRule", {{"Name", "b"}})["State"], "ENABLED");
    events("DisableRule", {{"Name", "b"}});
    EXPECT_EQ(events("DescribeRule", {{"Name", "b"}})["State"], "DISABLED");
    // What a later PutRule leaves out is gone.
    events("PutRule", {{"Name", "a"}, {"EventPattern", R"({"source":["t"]})"}});
    EXPECT_FALSE(events("DescribeRule", {{"Name", "a"}}).contains("Description"));
    EXPECT_EQ(events("ListTagsForResource", {{"ResourceARN", rule_arn + "a"}})["Tags"][0]["Value"],
              "v");
    events("DeleteRule", {{"Name", "a"}});
    events("DeleteRule", {{"Name", "a"}});
    EXPECT_EQ(refused("DescribeRule", {{"Name", "a"}}), "ResourceNotFoundException");
    EXPECT_EQ(last_message, "Rule a does not exist on EventBus default.");
}

TEST_F(EventsServiceTest, RefusesRulesThatCannotWork) {
    EXPECT_EQ(refused("PutRule", {{"Name", "a"}}), "ValidationException");
    EXPECT_EQ(refused("PutRule", {{"Name", "a b"}, {"EventPattern", "{}"}}), "ValidationException");
    EXPECT_EQ(refused("PutRule", {{"Name", "a"}, {"EventPattern", "{}"}}),
              "InvalidEventPatternException");
    EXPECT_EQ(refused("PutRule", {{"Name", "a"}, {"ScheduleExpression", "rate(1 minutes)"}}),
              "ValidationException");
    EXPECT_EQ(refused("PutRule", {{"Name", "a"}, {"EventPattern", std::string(5000, ' ')}}),
              "ValidationException");
    EXPECT_EQ(
        refused("PutRule",
                {{"Name", "a"}, {"EventPattern", R"({"source":["s"]})"}, {"EventBusName", "none"}}),
        "ResourceNotFoundException");
}

TEST_F(EventsServiceTest, KeepsTargets) {
    put_rule("a");
    const Json target = {{"Id", "1"},
                         {"Arn", lambda},
                         {"InputPath", "$.detail"},
                         {"RetryPolicy", {{"MaximumRetryAttempts", 3}}}};
    EXPECT_EQ(events("PutTargets", {{"Rule", "a"}, {"Targets", {target}}})["FailedEntryCount"], 0);
    EXPECT_EQ(events("ListTargetsByRule", {{"Rule", "a"}})["Targets"], Json::array({target}));
    EXPECT_EQ(events("ListRuleNamesByTarget", {{"TargetArn", lambda}})["RuleNames"],
              Json::array({"a"}));
    EXPECT_EQ(refused("DeleteRule", {{"Name", "a"}}), "ValidationException");
    EXPECT_EQ(last_message, "Rule can't be deleted since it has targets.");
    const Json removed = events("RemoveTargets", {{"Rule", "a"}, {"Ids", {"1", "2"}}});
    EXPECT_EQ(removed["FailedEntryCount"], 1);
    EXPECT_EQ(removed["FailedEntries"][0]["TargetId"], "2");
    events("DeleteRule", {{"Name", "a"}});
}

TEST_F(EventsServiceTest, RefusesTargetsThatCannotWork) {
    put_rule("a");
    const auto put = [&](const Json& target) {
        return refused("PutTargets", {{"Rule", "a"}, {"Targets", {target}}});
    };
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", "nothing"}}), "ValidationException");
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", "arn:aws:kinesis:us-east-1:000000000000:stream/s"}}),
              "ValidationException");
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", "arn:aws:states:us-east-1:000000000000:stateMachine:m"}}),
              "ValidationException");
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", "arn:aws:sqs:us-east-1:000000000000:q.fifo"}}),
              "ValidationException");
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", lambda}, {"Input", "{"}}), "ValidationException");
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", lambda}, {"EcsParameters", Json::object()}}),
              "ValidationException");
    EXPECT_EQ(put({{"Id", "1"}, {"Arn", lambda}, {"RetryPolicy", {{"MaximumRetryAttempts", 186}}}}),
              "ValidationException");
    Json six = Json::array();
    for (int i = 0; i < 6; ++i)
        six.push_back({{"Id", std::to_string(i)}, {"Arn", lambda}});
    EXPECT_EQ(refused("PutTargets", {{"Rule", "a"}, {"Targets", six}}), "LimitExceededException");
    EXPECT_TRUE(events("ListTargetsByRule", {{"Rule", "a"}})["Targets"].empty());
    EXPECT_EQ(
        refused("PutTargets", {{"Rule", "none"}, {"Targets", {{{"Id", "1"}, {"Arn", lambda}}}}}),
        "ResourceNotFoundException");
}

TEST_F(EventsServiceTest, KeepsBuses) {
    EXPECT_EQ(events("DescribeEventBus", Json::object())["Name"], "default");
    const std::string arn = events("CreateEventBus", {{"Name", "mine"}})["EventBusArn"];
    EXPECT_EQ(arn, "arn:aws:events:us-east-1:000000000000:event-bus/mine");
    EXPECT_EQ(refused("CreateEventBus", {{"Name", "mine"}}), "ResourceAlreadyExistsException");
    EXPECT_EQ(refused("CreateEventBus", {{"Name", "x"}, {"KmsKeyIdentifier", "k"}}),
              "ValidationException");
    EXPECT_EQ(events("ListEventBuses", Json::object())["EventBuses"].size(), 2U);
    EXPECT_EQ(events("PutRule", {{"Name", "a"},
                                 {"EventBusName", arn},
                                 {"EventPattern", R"({"source":["s"]})"}})["RuleArn"],
              rule_arn + "mine/a");
    EXPECT_EQ(
        refused("PutRule",
                {{"Name", "b"}, {"EventBusName", "mine"}, {"ScheduleExpression", "rate(1 hour)"}}),
        "ValidationException");
    EXPECT_EQ(refused("DeleteEventBus", {{"Name", "mine"}}), "ValidationException");
    events("DeleteRule", {{"Name", "a"}, {"EventBusName", "mine"}});
    events("DeleteEventBus", {{"Name", "mine"}});
    EXPECT_EQ(refused("DescribeEventBus", {{"Name", "mine"}}), "ResourceNotFoundException");
    EXPECT_EQ(refused("DeleteEventBus", {{"Name", "default"}}), "ValidationException");
}

TEST_F(EventsServiceTest, JudgesEachEntryOfPutEvents) {
    const auto entry = [](const char* source, const char* type, const char* detail) {
        return Json{{"Source", source}, {"DetailType", type}, {"Detail", detail}};
    };
    const Json result = events("PutEvents", {{"Entries",
                                              {entry("s", "t", "{}"),
                                               entry("aws.s3", "t", "{}"),
                                               entry("s", "t", "[1]"),
                                               entry("s", "t", "{"),
                                               {{"Source", "s"}, {"Detail", "{}"}}}}});
    EXPECT_EQ(result["FailedEntryCount"], 4);
    EXPECT_TRUE(result["Entries"][0].contains("EventId"));
    EXPECT_EQ(result["Entries"][1]["ErrorCode"], "NotAuthorizedForSourceException");
    EXPECT_EQ(result["Entries"][2]["ErrorCode"], "MalformedDetail");
    EXPECT_EQ(result["Entries"][3]["ErrorMessage"], "Detail is malformed.");
    EXPECT_EQ(result["Entries"][4]["ErrorMessage"],
              "Parameter DetailType is not valid. Reason: DetailType is a required argument.");
    const std::string large = R"({"a":")" + std::string(256 * 1024, 'x') + R"("})";
    EXPECT_EQ(refused("PutEvents", {{"Entries", {entry("s", "t", large.c_str())}}}),
              "ValidationException");
    EXPECT_EQ(refused("PutEvents", {{"Entries", Json::array()}}), "ValidationException");
}

TEST_F(EventsServiceTest, TestsPatternsAsAwsDoes) {
    const std::string event = R"({"id":"1","account":"1","source":"s","time":"t","region":"r",)"
                              R"("detail-type":"d"})";
    EXPECT_EQ(events("TestEventPattern",
                     {{"EventPattern", R"({"source":["s"]})"}, {"Event", event}})["Result"],
              true);
    EXPECT_EQ(refused("TestEventPattern", {{"EventPattern", R"({"a":[]})"}, {"Event", event}}),
              "InvalidEventPatternException");
    EXPECT_EQ(refused("TestEventPattern", {{"EventPattern", R"({"a":[1]})"}, {"Event", "{}"}}),
              "ValidationException");
}

TEST_F(EventsServiceTest, TagsRulesAndBuses) {
    put_rule("a");
    const std::string arn = rule_arn + "a";
    events("TagResource", {{"ResourceARN", arn}, {"Tags", {{{"Key", "x"}, {"Value", "1"}}}}});
    events("TagResource", {{"ResourceARN", arn}, {"Tags", {{{"Key", "y"}, {"Value", "2"}}}}});
    events("UntagResource", {{"ResourceARN", arn}, {"TagKeys", {"x"}}});
    EXPECT_EQ(events("ListTagsForResource", {{"ResourceARN", arn}})["Tags"],
              Json::array({Json{{"Key", "y"}, {"Value", "2"}}}));
    EXPECT_EQ(refused("ListTagsForResource", {{"ResourceARN", rule_arn + "none"}}),
              "ResourceNotFoundException");
}

}  // namespace
}  // namespace lifeboat::local
