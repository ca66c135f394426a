#include "base/byte_size.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

TEST(ByteSize, TakesUnitsOf1024) {
    EXPECT_EQ(parse_byte_size("0"), 0u);
    EXPECT_EQ(parse_byte_size("500"), 500u);
    EXPECT_EQ(parse_byte_size("500k"), 500u << 10);
    EXPECT_EQ(parse_byte_size("20M"), 20u << 20);
    EXPECT_EQ(parse_byte_size("3g"), 3ULL << 30);
    EXPECT_EQ(parse_byte_size("1T"), 1ULL << 40);
}

TEST(ByteSize, RefusesEverythingElse) {
    for (const char* text :
         {"", "k", "-1", "1.5G", "5x", "5kB", " 5", "99999999999999999999", "99999999999T"})
        EXPECT_FALSE(parse_byte_size(text)) << text;
}

}  // namespace
}  // namespace lifeboat
