#include "server/area_target.h"

#include <gtest/gtest.h>

namespace lifeboat::server {
namespace {

const std::string kName(64, 'a');

TEST(AreaTarget, IsRead) {
    EXPECT_TRUE(parse_area_target("/vault/user1/?create=true")->creates);
    EXPECT_FALSE(parse_area_target("/vault/user1/")->creates);
    EXPECT_EQ(parse_area_target("/vault/user1/config")->text(), "config");
    EXPECT_EQ(parse_area_target("/vault/user1/data/")->text(), "data/");
    const auto file = parse_area_target("/vault/user1/locks/" + kName);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->workspace, "user1");
    EXPECT_EQ(file->kind, vault::FileKind::Lock);
    EXPECT_EQ(file->text(), "locks/" + kName);
}

TEST(AreaTarget, IsNothingElse) {
    for (const std::string& wrong :
         {std::string("/vault/"), std::string("/vault/user1"), std::string("/vault//config"),
          std::string("/vault/../user1/config"), std::string("/vault/a/../b/config"),
          std::string("/vault/a%2fb/config"), std::string("/vault/a/confi"),
          std::string("/vault/a/config/"), std::string("/vault/a/data"),
          std::string("/vault/a/datas/"), "/vault/a/tmp/" + kName, "/vault/a/data/" + kName + "/",
          "/vault/a/data/" + kName + "a", "/vault/a/data/../" + kName,
          std::string("/vaults/a/config"), std::string("")})
        EXPECT_FALSE(parse_area_target(wrong)) << wrong;
}

TEST(ByteRange, IsRead) {
    const auto range = [](const char* header, std::uint64_t size) {
        const auto [form, found] = parse_range(header, size);
        if (form == RangeForm::None) return std::string("none");
        if (form == RangeForm::Unsatisfiable) return std::string("outside");
        return std::to_string(found.first) + "+" + std::to_string(found.length);
    };
    EXPECT_EQ(range("bytes=0-0", 10), "0+1");
    EXPECT_EQ(range("bytes=3-", 10), "3+7");
    EXPECT_EQ(range("bytes=-4", 10), "6+4");
    EXPECT_EQ(range("bytes=-40", 10), "0+10");
    EXPECT_EQ(range("bytes=9-18446744073709551615", 10), "9+1");
    for (const char* outside : {"bytes=10-", "bytes=10-11", "bytes=-0"})
        EXPECT_EQ(range(outside, 10), "outside") << outside;
    EXPECT_EQ(range("bytes=0-", 0), "outside");
    for (const char* none : {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,3-4",
                             "lines=0-1", "bytes=0-1x", "bytes=99999999999999999999-"})
        EXPECT_EQ(range(none, 10), "none") << none;
}

}  // namespace
}  // namespace lifeboat::server
