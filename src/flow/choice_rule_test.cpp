#include "flow/choice_rule.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

bool holds(const std::string& rule) {
    Scope scope;
    scope.input = make_value(Json::parse(
        R"({"s": "log-2.txt", "n": 5, "b": false, "t": "2026-01-02T03:00:00Z",
            "u": "2026-01-02T03:30:00+01:00", "null": null, "m": 5.0})"));
    scope.context = make_value(Json::object());
    return parse_choice_rule(Json::parse(rule)).holds(scope);
}

TEST(ChoiceRule, ComparesByKind) {
    EXPECT_TRUE(holds(R"({"Variable": "$.n", "NumericEquals": 5.0})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.n", "NumericEqualsPath": "$.m"})"));
    EXPECT_FALSE(holds(R"({"Variable": "$.s", "NumericEquals": 5})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.b", "BooleanEquals": false})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.t", "TimestampGreaterThanPath": "$.u"})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.t", "TimestampEquals": "2026-01-02T04:00:00+01:00"})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.s", "StringLessThan": "m"})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.null", "IsNull": true})"));
    EXPECT_TRUE(holds(R"({"Variable": "$.t", "IsTimestamp": true})"));
    EXPECT_FALSE(holds(R"({"Variable": "$.s", "IsTimestamp": true})"));
}

TEST(ChoiceRule, CombinesRules) {
    EXPECT_TRUE(holds(R"({"And": [{"Variable": "$.x", "IsPresent": false},
                                  {"Not": {"Variable": "$.n", "NumericGreaterThan": 5}},
                                  {"Or": [{"Variable": "$.b", "BooleanEquals": true},
                                          {"Variable": "$.s", "StringMatches": "log-*.txt"}]}]})"));
}

TEST(ChoiceRule, AMissingVariableIsARuntimeErrorButForIsPresent) {
    EXPECT_FALSE(holds(R"({"Variable": "$.x", "IsPresent": true})"));
    try {
        holds(R"({"Variable": "$.x", "IsNull": true})");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "States.Runtime");
        EXPECT_EQ(
            error.message(),
            "Invalid path '$.x': The choice state's condition path references an invalid value.");
    }
}

TEST(ChoiceRule, WildcardsAreLinear) {
    EXPECT_TRUE(matches_wildcard("abc", "*"));
    EXPECT_TRUE(matches_wildcard("", "*"));
    EXPECT_TRUE(matches_wildcard("a*c", "a\\*c"));
    EXPECT_FALSE(matches_wildcard("abc", "a\\*c"));
    EXPECT_TRUE(matches_wildcard("a\\c", "a\\\\c"));
    EXPECT_FALSE(matches_wildcard("abc", "ab"));
    EXPECT_FALSE(matches_wildcard(std::string(20'000, 'a'), "*a*a*a*a*a*a*a*a*b"));
}

TEST(ChoiceRule, RefusesBadRules) {
    for (const char* bad :
         {"1", "{}", R"({"Variable": "$.x"})", R"({"Variable": "$.x", "StringEquals": 1})",
          R"({"Variable": "$.x", "NumericEquals": 1, "IsNull": true})",
          R"({"Variable": "$.x", "StringMatchesPath": "$.y"})", R"({"And": []})",
          R"({"Not": [], "Variable": "$.x"})", R"({"Variable": "x", "IsNull": true})",
          R"({"Variable": "$.x", "TimestampEquals": "yesterday"})"})
        EXPECT_THROW(parse_choice_rule(Json::parse(bad)), Error) << bad;
}

}  // namespace
}  // namespace lifeboat::flow
