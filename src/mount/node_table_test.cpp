#include "mount/node_table.h"

#include <gtest/gtest.h>

#include <thread>

namespace lifeboat::mount {
namespace {

class ANodeTable : public testing::Test {
  protected:
    Inode file(const std::string& name) const { return {root_, name, 0, nullptr}; }
    Inode directory(const std::string& name, unsigned char tree) const {
        Inode made = file(name);
        made.directory = std::make_shared<Directory>();
        made.directory->parent = root_;
        made.directory->name = name;
        made.directory->tree.emplace();
        made.directory->tree->bytes[0] = tree;
        return made;
    }

    std::shared_ptr<Directory> root_ = std::make_shared<Directory>();
    NodeTable table_{root_, 100};
};

TEST_F(ANodeTable, KnowsTheRoot) {
    ASSERT_TRUE(table_.find(NodeTable::kRoot));
    EXPECT_EQ(table_.find(NodeTable::kRoot)->directory->number, NodeTable::kRoot);
    table_.forget(NodeTable::kRoot, 1000);
    EXPECT_TRUE(table_.find(NodeTable::kRoot));
}

TEST_F(ANodeTable, KeepsANumberUntilAllItsLookupsAreForgotten) {
    const auto number = table_.remember(77, file("a"));
    EXPECT_EQ(number, 77u);
    EXPECT_EQ(table_.remember(77, file("a")), number);
    table_.forget(number, 1);
    ASSERT_TRUE(table_.find(number));
    EXPECT_EQ(table_.find(number)->path(), "a");
    table_.forget(number, 1);
    EXPECT_FALSE(table_.find(number));
    table_.forget(number, 1);
    EXPECT_EQ(table_.size(), 1u);
}

TEST_F(ANodeTable, GivesNoNumberTwice) {
    EXPECT_EQ(table_.remember(77, file("a")), 77u);
    EXPECT_EQ(table_.remember(77, file("b")), 78u);
    EXPECT_EQ(table_.remember(77, directory("a", 1)), 79u);
    EXPECT_EQ(table_.remember(77, directory("a", 2)), 80u);
    EXPECT_EQ(table_.remember(77, file("b")), 78u);
    EXPECT_GT(table_.remember(0, file("zero")), NodeTable::kRoot);
    EXPECT_GT(table_.remember(NodeTable::kRoot, file("one")), NodeTable::kRoot);
    EXPECT_GT(table_.remember(UINT64_MAX, file("last")), NodeTable::kRoot);
    EXPECT_GT(table_.remember(UINT64_MAX, file("after")), NodeTable::kRoot);
    EXPECT_EQ(table_.find(80)->directory->number, 80u);
}

TEST_F(ANodeTable, NamesTheOldestFilesOnceThereAreTooMany) {
    for (unsigned i = 0; i < 100; ++i)
        table_.remember(1000 + i,
                        i % 2 == 0 ? file(std::to_string(i)) : directory(std::to_string(i), 1));
    for (unsigned i = 0; i < 51; ++i)
        table_.remember(2000 + i, file("more " + std::to_string(i)));
    table_.remember(1000, file("0"));  // used again
    std::stop_source stop;
    const auto names = table_.wait_for_surplus(stop.get_token());
    ASSERT_EQ(names.size(), 11u);
    EXPECT_EQ(names[0].name, "2");
    EXPECT_EQ(names[0].parent, NodeTable::kRoot);
    EXPECT_EQ(names[10].name, "22");
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_TRUE(table_.wait_for_surplus(stop.get_token()).empty());
}

TEST_F(ANodeTable, ForgetsWhatItNamed) {
    for (unsigned i = 0; i < 101; ++i)
        table_.remember(1000 + i, file(std::to_string(i)));
    EXPECT_FALSE(table_.wait_for_surplus(std::stop_token()).empty());
    for (unsigned i = 0; i < 101; ++i)
        table_.forget(1000 + i, 1);
    EXPECT_EQ(table_.size(), 1u);
}

TEST_F(ANodeTable, KeepsDirectoriesThatHaveSomethingBelow) {
    const Inode above = directory("above", 1);
    const auto number = table_.remember(77, above);
    Inode below{above.directory, "below", 0, nullptr};
    const auto inner = table_.remember(78, below);
    table_.forget(number, 1);
    EXPECT_EQ(table_.find(inner)->path(), "above/below");
}

}  // namespace
}  // namespace lifeboat::mount
