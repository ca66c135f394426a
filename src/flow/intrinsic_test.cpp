#include "flow/intrinsic.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "flow/template.h"

namespace lifeboat::flow {
namespace {

SeededRandom random_numbers(3);

Json evaluate(std::string_view call) {
    Scope scope;
    scope.input = make_value(Json::parse(
        R"({"list": [1, 2, 2, 3], "text": "x'y", "object": {"a": 1}, "half": 2.5, "huge": 9e300})"));
    scope.context = make_value(Json::parse(R"({"Execution": {"Name": "e"}})"));
    scope.random = &random_numbers;
    return IntrinsicCall::parse(call).evaluate(scope);
}

TEST(Intrinsic, EvaluatesEveryFunction) {
    EXPECT_EQ(evaluate("States.Format('{} is {} \\{\\} it\\'s', $.text, $.object)"),
              "x'y is {\"a\":1} {} it's");
    EXPECT_EQ(evaluate("States.StringToJson('{\"a\": [1]}')"), (Json{{"a", {1}}}));
    EXPECT_EQ(evaluate("States.JsonToString($.object)"), "{\"a\":1}");
    EXPECT_EQ(evaluate("States.Array('a', 1, true, null, $.half)"),
              Json({"a", 1, true, nullptr, 2.5}));
    EXPECT_EQ(evaluate("States.ArrayPartition($.list, 3)"), Json::parse("[[1,2,2],[3]]"));
    EXPECT_EQ(evaluate("States.ArrayContains($.list, 3)"), true);
    EXPECT_EQ(evaluate("States.ArrayRange(1, 9, 2)"), Json({1, 3, 5, 7, 9}));
    EXPECT_EQ(evaluate("States.ArrayRange(3, 1, -1)"), Json({3, 2, 1}));
    EXPECT_EQ(evaluate("States.ArrayGetItem($.list, 3)"), 3);
    EXPECT_EQ(evaluate("States.ArrayLength($.list)"), 4);
    EXPECT_EQ(evaluate("States.ArrayUnique($.list)"), Json({1, 2, 3}));
    EXPECT_EQ(evaluate("States.Base64Encode('hello')"), "aGVsbG8=");
    EXPECT_EQ(evaluate("States.Base64Decode('aGVsbG8=')"), "hello");
    EXPECT_EQ(evaluate("States.Hash('abc', 'MD5')"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(evaluate("States.JsonMerge($.object, States.StringToJson('{\"b\":2}'), false)"),
              (Json{{"a", 1}, {"b", 2}}));
    EXPECT_EQ(evaluate("States.MathAdd($.half, -1)"), 2);
    EXPECT_EQ(evaluate("States.StringSplit('a.b,,c', '.,')"), Json({"a", "b", "c"}));
    EXPECT_EQ(evaluate("States.UUID()").get<std::string>().size(), 36U);
    for (int i = 0; i < 50; ++i) {
        const Json drawn = evaluate("States.MathRandom(-2, 3)");
        EXPECT_GE(drawn, -2);
        EXPECT_LT(drawn, 3);
    }
    EXPECT_EQ(evaluate("States.MathRandom(1, 1000, 7)"), evaluate("States.MathRandom(1, 1000, 7)"));
}

TEST(Intrinsic, FailsWithItsOwnErrorName) {
    for (const char* bad : {"States.ArrayGetItem($.list, 4)", "States.ArrayRange(1, 2, 0)",
                            "States.ArrayRange(1, 5000, 1)", "States.MathAdd('a', 1)",
                            "States.MathAdd($.huge, 1)", "States.StringToJson('{')",
                            "States.Format('{} {}', 1)", "States.ArrayPartition($.list, 0)",
                            "States.Hash('a', 'CRC')", "States.JsonMerge($.object, $.object, true)",
                            "States.MathRandom(3, 3)", "States.MathAdd(9223372036854775807, 1)"}) {
        try {
            evaluate(bad);
            ADD_FAILURE() << bad;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), "States.IntrinsicFailure") << bad;
            EXPECT_NE(error.message().find("The function 'States."), std::string::npos);
        }
    }
}

TEST(Intrinsic, AMissingPathIsARuntimeError) {
    try {
        evaluate("States.Array($.absent)");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "States.Runtime");
        EXPECT_TRUE(error.message().starts_with(
            "The function 'States.Array($.absent)' had the following error: The JsonPath argument "
            "for the field '$.absent' could not be found in the input '"))
            << error.message();
    }
}

TEST(Intrinsic, RefusesBadCalls) {
    std::string deep;
    for (int i = 0; i < 2000; ++i)
        deep += "States.Array(";
    for (const std::string& bad : std::vector<std::string>{
             "States.Nothing()", "States.Array(", "States.UUID(1)", "States.Format()",
             "States.Array('a)", "States.Array(a)", "States.Array(1) x", "States.Array($.[)", deep})
        EXPECT_THROW(IntrinsicCall::parse(bad), Error) << bad.substr(0, 40);
}

TEST(Template, EvaluatesOnlyMembersWithTheEnding) {
    Scope scope;
    scope.input = make_value(Json::parse(R"({"a": [5]})"));
    scope.context = make_value(Json::object());
    scope.random = &random_numbers;
    const Json payload = Json::parse(R"({"x.$": "$.a[0]", "y": "$.a", "z": [{"w.$": "$.a"}]})");
    const Json expected = Json::parse(R"({"x": 5, "y": "$.a", "z": [{"w": [5]}]})");
    EXPECT_EQ(evaluate_template(payload, scope), expected);
    const Json no_text = Json::parse(R"({"x.$": 1})");
    EXPECT_THROW(check_template(no_text, ""), Error);
    const Json no_function = Json::parse(R"~({"a": [{"x.$": "States.No()"}]})~");
    EXPECT_THROW(check_template(no_function, ""), Error);
}

}  // namespace
}  // namespace lifeboat::flow
