#include "base/json.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat {
namespace {

TEST(Json, RefusesDeepNestingInsteadOfRecursing) {
    const std::string deep(100000, '[');
    EXPECT_THROW(parse_json(deep, "the request body"), Error);
    EXPECT_NO_THROW(parse_json("\"" + std::string(1000, '[') + "\"", "a string of brackets"));
}

TEST(Json, NamesWhatWasReadAndWhere) {
    try {
        parse_json("{\"a\":}", "the request body");
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "SerializationException");
        EXPECT_NE(e.message().find("the request body"), std::string::npos);
        EXPECT_NE(e.message().find("column 6"), std::string::npos) << e.message();
    }
}

TEST(Json, WritesInvalidUtf8AsReplacementCharacters) {
    EXPECT_EQ(to_text(Json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(Json, FindsWithoutInserting) {
    const Json value = {{"detail", {{"name", "x"}, {"count", 3}}}};
    EXPECT_EQ(find_path(value, {"detail", "none"}), nullptr);
    ASSERT_NE(find_path(value, {"detail", "name"}), nullptr);
    EXPECT_EQ(find_string(value["detail"], "count"), std::nullopt);
    EXPECT_EQ(find(Json(3), "a"), nullptr);
}

TEST(Json, RequiredMembersAreNamedInErrors) {
    const Json value = {{"Empty", ""}, {"Number", 1}};
    for (const char* member : {"Missing", "Empty", "Number"}) {
        try {
            require_string(value, member);
            FAIL() << member << " accepted";
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "ValidationException");
            EXPECT_NE(e.message().find(member), std::string::npos);
        }
    }
}

TEST(Json, KeepsMembersInTheOrderOfTheText) {
    const std::string text = R"({"z":1,"a":{"y":2,"b":3},"m":4})";
    Json value = parse_json(text, "a text");
    EXPECT_EQ(to_text(value), text);
    value["c"] = 5;
    value["z"] = 6;  // stays where it was first set
    value.erase("m");
    EXPECT_EQ(to_text(value), R"({"z":6,"a":{"y":2,"b":3},"c":5})");
    EXPECT_EQ(to_text(parse_json(R"({"b":1,"a":2,"b":3})", "a text")), R"({"b":3,"a":2})");
}

TEST(Json, IsEqualAndOrderedWhateverTheOrderOfMembers) {
    const Json a = parse_json(R"({"x":[{"p":1,"q":2}],"y":null})", "a text");
    const Json b = parse_json(R"({"y":null,"x":[{"q":2,"p":1}]})", "a text");
    EXPECT_EQ(a, b);
    EXPECT_FALSE(a < b || b < a);
    EXPECT_NE(to_text(a), to_text(b));
    EXPECT_EQ(canonical_text(a), canonical_text(b));
    EXPECT_EQ(canonical_text(b), R"({"x":[{"p":1,"q":2}],"y":null})");
    EXPECT_NE(a, parse_json(R"({"y":null,"x":[{"q":2,"p":3}]})", "a text"));
    EXPECT_NE(a, parse_json(R"({"y":null,"z":[{"q":2,"p":1}]})", "a text"));
    EXPECT_LT(parse_json(R"({"b":1,"a":1})", "a text"), parse_json(R"({"a":2})", "a text"));
}

TEST(Json, LargeObjectsBehaveLikeSmallOnes) {
    for (const int size : {1, 15, 16, 17, 18, 1000}) {
        Json object = Json::object();
        for (int i = size; i > 0; --i)
            object["m" + std::to_string(i)] = i;
        const Json& first = object["m" + std::to_string(size)];
        const Json copy = object;
        Json moved = std::move(object);
        EXPECT_EQ(&moved["m" + std::to_string(size)], &first) << "members do not move";
        EXPECT_EQ(moved, copy);
        for (int i = 1; i <= size; ++i)
            ASSERT_EQ(find_integer(copy, "m" + std::to_string(i)), i) << size;
        EXPECT_EQ(find(copy, "m0"), nullptr);
        for (int i = 2; i <= size; ++i)
            ASSERT_EQ(moved.erase("m" + std::to_string(i)), 1U);
        EXPECT_EQ(to_text(moved), R"({"m1":1})");
        moved.clear();
        moved["m2"] = 2;
        EXPECT_EQ(to_text(moved), R"({"m2":2})");
    }
}

TEST(Json, BuildsObjectsOfManyMembersInOneGo) {
    std::string text = "{";
    for (int i = 0; i < 200000; ++i)
        text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    // Quadratic look-up would take minutes.
    EXPECT_EQ(parse_json(text + "}", "many members").size(), 200000U);
}

}  // namespace
}  // namespace lifeboat
