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

}  // namespace
}  // namespace lifeboat
