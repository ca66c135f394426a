#include "local/events/target_input.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::events {
namespace {

class TargetInputTest : public ::testing::Test {
  protected:
    std::string input(const Json& target) {
        check_target_input(target);
        return target_input(target, {event, "arn:aws:events:us-east-1:1:rule/r", "r",
                                     Time(std::chrono::milliseconds(1500))});
    }
    std::string transformed(const Json& paths, const std::string& text) {
        return input({{"Id", "1"},
                      {"InputTransformer", {{"InputPathsMap", paths}, {"InputTemplate", text}}}});
    }
    std::string refusal(const Json& target) {
        try {
            check_target_input(target);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "ValidationException");
            return e.message();
        }
        return "";
    }
    Json event = parse_json(
        R"({"id":"e","source":"s","resources":["r0","r1"],
            "detail":{"name":"a \"b\"","n":5,"o":{"k":["v",1]},"a.b":true,"nothing":null}})",
        "an event");
};

TEST_F(TargetInputTest, PassesTheEventAPartOrAConstant) {
    EXPECT_EQ(parse_json(input({{"Id", "1"}}), "input"), event);
    EXPECT_EQ(input({{"InputPath", "$.detail.o"}}), R"({"k":["v",1]})");
    EXPECT_EQ(input({{"InputPath", "$.resources[1]"}}), R"("r1")");
    EXPECT_EQ(input({{"InputPath", "$.detail['a.b']"}}), "true");
    EXPECT_EQ(input({{"InputPath", "$.detail.missing"}}), "null");
    EXPECT_EQ(input({{"Input", R"( {"x": 1} )"}}), R"( {"x": 1} )");
}

TEST_F(TargetInputTest, FillsJsonTemplates) {
    const Json paths = {{"name", "$.detail.name"},
                        {"n", "$.detail.n"},
                        {"o", "$.detail.o"},
                        {"gone", "$.detail.gone"},
                        {"nothing", "$.detail.nothing"}};
    EXPECT_EQ(
        transformed(paths, R"({"name": <name>, "n": <n>, "o": <o>, "g": <gone>, "z": <nothing>})"),
        R"({"name": "a \"b\"", "n": 5, "o": {"k":["v",1]}, "g": "", "z": null})");
    EXPECT_EQ(transformed(paths, R"({"text": "<name> has <n>, <o>, <gone>."})"),
              R"({"text": "a \"b\" has 5, {k:[v,1]}, ."})");
}

TEST_F(TargetInputTest, FillsTextTemplates) {
    EXPECT_EQ(transformed({{"n", "$.detail.n"}}, "\"n is <n>\""), "\"n is 5\"");
    EXPECT_EQ(transformed({{"n", "$.detail.n"}}, "\"one <n>\"\n\"two\""), "\"one 5\"\n\"two\"");
    EXPECT_EQ(transformed(Json::object(), R"("a < b and c > d")"), R"("a < b and c > d")");
}

TEST_F(TargetInputTest, KnowsTheReservedPlaceholders) {
    EXPECT_EQ(
        transformed(Json::object(), R"({"r": <aws.events.rule-arn>, "n": "<aws.events.rule-name>",)"
                                    R"( "t": <aws.events.event.ingestion-time>})"),
        R"({"r": "arn:aws:events:us-east-1:1:rule/r", "n": "r",)"
        R"( "t": "1970-01-01T00:00:01.500Z"})");
    EXPECT_EQ(
        parse_json(transformed(Json::object(), R"({"e": <aws.events.event.json>})"), "x")["e"],
        event);
    Json bare = event;
    bare.erase("detail");
    EXPECT_EQ(parse_json(transformed(Json::object(), R"({"e": <aws.events.event>})"), "x")["e"],
              bare);
}

TEST_F(TargetInputTest, AlwaysGivesJsonForJsonTemplates) {
    event["detail"]["o"] = Json{{"q\"\\\n", "\"}{"}};
    const std::string text = transformed({{"o", "$.detail.o"}}, R"({"in": "<o>", "as": <o>})");
    EXPECT_EQ(parse_json(text, "input")["as"], event["detail"]["o"]);
}

TEST_F(TargetInputTest, RefusesWhatCannotWork) {
    EXPECT_EQ(refusal({{"Id", "t"}, {"Input", "{}"}, {"InputPath", "$"}}),
              "Only one of Input, InputPath, or InputTransformer must be provided for target t.");
    EXPECT_NE(refusal({{"Id", "t"}, {"Input", "{"}}), "");
    EXPECT_NE(refusal({{"InputPath", "detail"}}), "");
    EXPECT_NE(refusal({{"InputPath", "$.a[*]"}}), "");
    EXPECT_NE(refusal({{"InputPath", "$.a["}}), "");
    const auto bad = [&](const Json& paths, const char* text) {
        return refusal({{"InputTransformer", {{"InputPathsMap", paths}, {"InputTemplate", text}}}});
    };
    EXPECT_NE(bad(Json::object(), R"({"a": <unknown>})"), "");
    EXPECT_NE(bad(Json::object(), R"({"a": )"), "");
    EXPECT_NE(bad(Json::object(), "plain text"), "");
    EXPECT_NE(bad({{"a b", "$"}}, "\"x\""), "");
    EXPECT_NE(bad({{"AWSx", "$"}}, "\"x\""), "");
}

}  // namespace
}  // namespace lifeboat::local::events
