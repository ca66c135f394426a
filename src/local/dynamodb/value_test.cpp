#include "local/dynamodb/value.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/dynamodb/key_bytes.h"

namespace lifeboat::local::dynamodb {
namespace {

std::string refused(const Json& json) {
    try {
        Value::from_json(json);
    } catch (const Error& e) {
        return e.message();
    }
    return "";
}

TEST(Value, EveryTypeSurvivesTheRoundTrip) {
    const Json item = parse_json(R"({
        "s": {"S": "text \"quoted\" \\ \u0001 \u00e4"}, "n": {"N": "1.5"}, "b": {"B": "AAEC"},
        "t": {"BOOL": true}, "nil": {"NULL": true},
        "l": {"L": [{"S": ""}, {"L": []}, {"M": {}}]},
        "m": {"M": {"x": {"M": {"y": {"N": "-2"}}}}},
        "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": ["AA==", "AQ=="]}})",
                                 "item");
    const Item parsed = item_from_json(item);
    EXPECT_EQ(item_to_json(parsed), item);
    EXPECT_EQ(parse_json(item_text(parsed), "text"), item);
    EXPECT_EQ(item_from_json(parse_json(item_text(parsed), "text")), parsed);
}

TEST(Value, SetsCompareWithoutOrder) {
    EXPECT_EQ(Value::from_json({{"SS", {"b", "a"}}}), Value::from_json({{"SS", {"a", "b"}}}));
    EXPECT_EQ(Value::from_json({{"NS", {"1.0", "2"}}}), Value::from_json({{"NS", {"2.00", "1"}}}));
    EXPECT_NE(Value::from_json({{"NS", {"1"}}}), Value::from_json({{"SS", {"1"}}}));
}

TEST(Value, RefusesInDynamoDbsWords) {
    EXPECT_EQ(refused(Json::object()),
              "Supplied AttributeValue is empty, must contain exactly one of the supported "
              "datatypes");
    EXPECT_EQ(refused({{"S", "a"}, {"N", "1"}}),
              "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
              "of the supported datatypes");
    EXPECT_EQ(refused({{"NULL", false}}),
              "One or more parameter values were invalid: Null attribute value types must have "
              "the value of true");
    EXPECT_EQ(refused({{"SS", Json::array()}}),
              "One or more parameter values were invalid: An string set  may not be empty");
    EXPECT_EQ(refused({{"SS", {"a", "a"}}}),
              "One or more parameter values were invalid: Input collection [a, a] contains "
              "duplicates.");
    EXPECT_EQ(refused({{"NS", {"1", "1.0"}}}), "Input collection contains duplicates");
    EXPECT_NE(refused({{"S", 5}}), "");
    EXPECT_NE(refused({{"B", "not base64!"}}), "");
    EXPECT_NE(refused({{"S", "\xff\xfe"}}), "");
}

TEST(Value, NestsThirtyTwoLevelsAndNoMore) {
    Json value = {{"S", "leaf"}};
    for (int i = 0; i < 32; ++i)
        value = Json{{"L", Json::array({value})}};
    EXPECT_EQ(refused(value), "");
    value = Json{{"M", {{"a", value}}}};
    EXPECT_EQ(refused(value),
              "One or more parameter values were invalid: Nesting Levels have exceeded supported "
              "limits");
}

TEST(Value, CountsBytesAsDynamoDbDoes) {
    // Names count; a list or map costs 3 and 1 for each entry; two digits of a number share a byte.
    EXPECT_EQ(item_size(item_from_json({{"pk", {{"S", "\u00e4"}}}})), 2u + 2u);
    EXPECT_EQ(Value::from_json({{"N", "12345"}}).size(), 4u);
    EXPECT_EQ(Value::from_json({{"N", "1000000"}}).size(), 2u);
    EXPECT_EQ(Value::from_json({{"BOOL", true}}).size(), 1u);
    EXPECT_EQ(Value::from_json({{"B", "AAEC"}}).size(), 3u);
    EXPECT_EQ(Value::from_json({{"L", {{{"S", "ab"}}, {{"NULL", true}}}}}).size(), 3u + 3u + 2u);
    EXPECT_EQ(Value::from_json({{"M", {{"k", {{"S", "ab"}}}}}}).size(), 3u + 1u + 3u);
    EXPECT_EQ(Value::from_json({{"SS", {"a", "bc"}}}).size(), 3u);
}

TEST(KeyBytes, KeepTheOrderOfStringsWithZeroBytes) {
    const std::vector<std::string> rising = {std::string(),
                                             std::string("\0", 1),
                                             std::string("\0\0", 2),
                                             std::string("\0a", 2),
                                             "a",
                                             std::string("a\0", 2),
                                             std::string("a\0b", 3),
                                             "aa",
                                             "b",
                                             "\xff"};
    for (std::size_t i = 1; i < rising.size(); ++i) {
        std::string a, b;
        append_key_part(a, Binary{rising[i - 1]});
        append_key_part(b, Binary{rising[i]});
        EXPECT_LT(a, b) << i;
        EXPECT_FALSE(b.starts_with(a)) << i;
    }
}

TEST(KeyBytes, APrefixCoversExactlyWhatBeginsWithIt) {
    const auto bytes = [](std::string text) {
        std::string out;
        append_key_part(out, Value(std::move(text)));
        return out;
    };
    std::string low;
    append_key_prefix(low, Value(std::string("ab")));
    const std::string high = after_prefix(low);
    for (const std::string inside : {"ab", "abc", "ab\xff\xff"}) {
        EXPECT_GE(bytes(inside), low);
        EXPECT_LT(bytes(inside), high);
    }
    for (const std::string outside : {"a", "aa", "ac", ""})
        EXPECT_FALSE(bytes(outside) >= low && bytes(outside) < high) << outside;
    EXPECT_EQ(after_prefix("\xff\xff"), "");
    EXPECT_EQ(after_prefix("a\xff"), "b");
}

TEST(KeyBytes, SegmentsDivideTheWholeSpace) {
    EXPECT_EQ(segment_start(0, 4), "");
    EXPECT_EQ(to_hex(segment_start(1, 4)), "40000000");
    EXPECT_EQ(to_hex(segment_start(3, 4)), "c0000000");
    EXPECT_LT(segment_start(999998, 1000000), segment_start(999999, 1000000));
}

TEST(KeyBytes, NeverChange) {
    // They are on disk: another encoding would lose every row.
    EXPECT_EQ(to_hex(partition_bytes(Value(std::string("user1")))), "59c7999175736572310001");
    std::string number;
    Number::parse("-12.5").append_ordered(number);
    EXPECT_EQ(to_hex(number), "017cf2ccff");
}

}  // namespace
}  // namespace lifeboat::local::dynamodb
