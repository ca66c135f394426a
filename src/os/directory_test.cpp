#include "os/directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "base/error.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::os {
namespace {

class DirectoryTest : public ::testing::Test {
  protected:
    testing::TemporaryDirectory temporary_;
    UniqueFd handle_ = open_file(temporary_.path(), O_RDONLY | O_DIRECTORY);
};

TEST_F(DirectoryTest, NeverFollowsSymbolicLinks) {
    std::filesystem::create_directory(temporary_.path() / "real");
    std::filesystem::create_directory_symlink("real", temporary_.path() / "link");
    EXPECT_TRUE(open_below(handle_.get(), "real", O_RDONLY | O_DIRECTORY));
    EXPECT_THROW(open_below(handle_.get(), "link", O_RDONLY), Error);
    EXPECT_THROW(open_below(handle_.get(), "link", O_RDONLY | O_DIRECTORY), Error);
    EXPECT_THROW(open_directory_below(handle_.get(), "link"), Error);
    EXPECT_EQ(read_link(handle_.get(), "link"), "real");
}

TEST_F(DirectoryTest, TakesOneNameAndNothingElse) {
    for (const char* name : {"", ".", "..", "a/b", "/etc"})
        EXPECT_THROW(open_below(handle_.get(), name, O_RDONLY), Error) << name;
    EXPECT_THROW(open_directory_below(handle_.get(), "a/../..", 0700), Error);
}

TEST_F(DirectoryTest, MakesMissingDirectoriesOnDemand) {
    EXPECT_THROW(open_directory_below(handle_.get(), "a/b"), Error);
    EXPECT_TRUE(open_directory_below(handle_.get(), "/a//b/", 0700));
    EXPECT_TRUE(std::filesystem::is_directory(temporary_.path() / "a" / "b"));
    EXPECT_TRUE(is_same_file(look_at(open_directory_below(handle_.get(), "/").get()),
                             look_at(handle_.get())));
}

TEST_F(DirectoryTest, AFifoDoesNotBlock) {
    ASSERT_EQ(::mkfifo((temporary_.path() / "fifo").c_str(), 0600), 0);
    EXPECT_TRUE(S_ISFIFO(look_at(open_below(handle_.get(), "fifo", O_RDONLY).get()).st_mode));
}

TEST_F(DirectoryTest, RefusesMountPoints) {
    const UniqueFd root = open_file("/", O_RDONLY | O_DIRECTORY);
    if (look_at(root.get()).st_dev == look_at(root.get(), "proc")->st_dev)
        GTEST_SKIP() << "/proc is not a mount point here";
    EXPECT_THROW(open_below(root.get(), "proc", O_RDONLY | O_DIRECTORY), Error);
    EXPECT_TRUE(open_below(root.get(), "proc", O_RDONLY | O_DIRECTORY, 0, Mounts::Cross));
}

TEST_F(DirectoryTest, ListsEveryNameOnceAndStopsWhenTold) {
    for (int i = 0; i < 300; ++i)
        publish_file(temporary_.path() / std::to_string(i), "x");
    std::set<std::string> names;
    each_name(handle_.get(),
              [&](const std::string& name, unsigned char) { return names.insert(name).second; });
    EXPECT_EQ(names.size(), 300U);
    int count = 0;
    each_name(handle_.get(), [&](const std::string&, unsigned char) { return ++count < 3; });
    EXPECT_EQ(count, 3);
}

TEST_F(DirectoryTest, KnowsWhatLiesWithinWhat) {
    const UniqueFd inner = open_directory_below(handle_.get(), "a/b", 0700);
    const UniqueFd other = open_directory_below(handle_.get(), "c", 0700);
    EXPECT_TRUE(is_within(inner.get(), handle_.get()));
    EXPECT_TRUE(is_within(inner.get(), inner.get()));
    EXPECT_FALSE(is_within(handle_.get(), inner.get()));
    EXPECT_FALSE(is_within(inner.get(), other.get()));
}

TEST_F(DirectoryTest, MissingNamesAreNoErrorToLookAt) {
    EXPECT_FALSE(look_at(handle_.get(), "none"));
    EXPECT_THROW(open_below(handle_.get(), "none", O_RDONLY), Error);
}

}  // namespace
}  // namespace lifeboat::os
