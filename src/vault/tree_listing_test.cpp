#include "vault/tree_listing.h"

#include <gtest/gtest.h>

namespace lifeboat::vault {
namespace {

Node named(std::string name, std::uint64_t size = 0) {
    Node node;
    node.name = std::move(name);
    node.size = size;
    return node;
}

TEST(TreeListing, FindsNamesByWhateverOrderTheyWereSavedIn) {
    const TreeListing listing = list_tree({named("b", 2), named("\xff", 4), named("a", 1)});
    EXPECT_EQ(listing.hidden, 0u);
    ASSERT_NE(listing.find("a"), nullptr);
    EXPECT_EQ(listing.find("a")->size, 1u);
    EXPECT_EQ(listing.find("b")->size, 2u);
    EXPECT_EQ(listing.find("\xff")->size, 4u);
    EXPECT_EQ(listing.find(""), nullptr);
    EXPECT_EQ(listing.find("ab"), nullptr);
    EXPECT_EQ(listing.find("z"), nullptr);
}

TEST(TreeListing, LeavesOutWhatNoDirectoryCanHold) {
    Node irregular = named("odd");
    irregular.type = NodeType::Irregular;
    const TreeListing listing =
        list_tree({named(""), named("."), named(".."), named("a/b"), named(std::string("n\0", 2)),
                   named(std::string(256, 'x')), named(std::string(255, 'x')), irregular,
                   named("same", 1), named("same", 2), named("...")});
    ASSERT_EQ(listing.nodes.size(), 3u);
    EXPECT_EQ(listing.nodes[0].name, "...");
    EXPECT_EQ(listing.nodes[1].name, "same");
    EXPECT_EQ(listing.nodes[1].size, 1u);
    EXPECT_EQ(listing.nodes[2].name.size(), 255u);
    EXPECT_EQ(listing.hidden, 8u);
}

TEST(TreeListing, CountsWhatItsNodesTake) {
    const std::size_t empty = list_tree({named("a")}).bytes();
    Node large = named("a");
    large.content.emplace(1000);
    large.attributes.push_back({"user.note", std::string(5000, 'v')});
    EXPECT_GE(list_tree({large}).bytes(), empty + 1000 * sizeof(Id) + 5000);
}

}  // namespace
}  // namespace lifeboat::vault
