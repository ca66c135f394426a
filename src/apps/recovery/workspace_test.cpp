#include "apps/recovery/workspace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace lifeboat::recovery {
namespace {

TEST(Workspace, IsOneForEachRow) {
    const std::string long_name(63, 'x');
    std::set<std::string> names;
    const std::vector<RowKey> keys = {
        {"user1", "studio"},       {"space:user1", "studio"},   {"user1", "studio@d-abc"},
        {"user1", "studio@d-abd"}, {"user1-studio", "x"},       {"user1", "studio-x"},
        {"user_1", "studio"},      {"user-1", "studio"},        {"user1", "Studio"},
        {long_name, long_name},    {long_name + "y", long_name}};
    for (const RowKey& key : keys)
        names.insert(workspace_of(key));
    EXPECT_EQ(names.size(), keys.size());
    EXPECT_EQ(workspace_of({"user1", "studio"}), workspace_of({"user1", "studio"}));
}

TEST(Workspace, IsAPathComponentAndANameOfAnArea) {
    for (const RowKey& key : std::vector<RowKey>{{"user1", "studio"},
                                                 {"space:../etc", "../..@d-1"},
                                                 {std::string(63, 'u'), std::string(80, 'd')},
                                                 {"\xc3\xbc", " /\n"}}) {
        const std::string name = workspace_of(key);
        EXPECT_LE(name.size(), 60u);
        EXPECT_TRUE(name.starts_with("u-") || name.starts_with("s-"));
        EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        })) << name;
    }
    EXPECT_TRUE(workspace_of({"user1", "studio"}).starts_with("u-user1-studio-"));
}

}  // namespace
}  // namespace lifeboat::recovery
