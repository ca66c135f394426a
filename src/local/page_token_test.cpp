#include "local/page_token.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace lifeboat::local {
namespace {

TEST(PageToken, LeadsBackToItsPositionInItsListingOnly) {
    const std::string scope = listing_scope("ListX", {{"A", 1}, {"Limit", 5}}, {"Limit", "Token"});
    for (const std::string position : {"", "a", "1767345504000000.17", "with\0nul", "ü"}) {
        const std::string token = page_token(scope, position);
        EXPECT_EQ(page_position(scope, token), position);
        EXPECT_EQ(token.find_first_not_of(
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                  std::string::npos);
        EXPECT_EQ(page_position(listing_scope("ListX", {{"A", 2}}, {}), token), std::nullopt);
        EXPECT_EQ(page_position(listing_scope("ListY", {{"A", 1}}, {}), token), std::nullopt);
    }
    EXPECT_EQ(scope, listing_scope("ListX", {{"A", 1}, {"Token", "t"}}, {"Limit", "Token"}));
}

TEST(PageToken, RefusesGarbage) {
    const std::string token = page_token("scope", "position");
    for (std::size_t length = 0; length < 12; ++length)
        EXPECT_EQ(page_position("scope", token.substr(0, length)), std::nullopt) << length;
    for (const char* text : {"", "=", "====", "%%%%", "a", "+/+/", "\xff"})
        EXPECT_EQ(page_position("scope", text), std::nullopt) << text;
}

TEST(PageToken, FitsTheShortestLimitOfAnyService) {
    EXPECT_LE(page_token("scope", std::string(80, 'x')).size(), 128U);
}

TEST(PagePosition, IsANumberAndAnId) {
    const auto position = parse_position(position_text({-5, 17}));
    ASSERT_TRUE(position);
    EXPECT_EQ(position->number, -5);
    EXPECT_EQ(position->id, 17);
    for (const char* text :
         {"", ".", "1", "1.", ".1", "1.x", "x.1", "1.2.3", "99999999999999999999.1"})
        EXPECT_FALSE(parse_position(text)) << text;
}

}  // namespace
}  // namespace lifeboat::local
