#include "os/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/error.h"
#include "base/fault.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::os {
namespace {

TEST(File, PublishReplacesWholeFiles) {
    const testing::TemporaryDirectory directory;
    const auto path = directory.path() / "file";
    publish_file(path, "one", 0600);
    publish_file(path, std::string(200000, 'x'), 0600);
    EXPECT_EQ(read_file(path), std::string(200000, 'x'));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST(File, FailedPublishLeavesTheOldFileAndNothingElse) {
    const testing::TemporaryDirectory directory;
    const auto path = directory.path() / "file";
    publish_file(path, "one");
    fault::install("os.publish-before-rename=enospc");
    EXPECT_THROW(publish_file(path, "two"), Error);
    fault::install("");
    EXPECT_EQ(read_file(path), "one");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()),
                            std::filesystem::directory_iterator()),
              1);
}

TEST(File, ReadingIsBounded) {
    const testing::TemporaryDirectory directory;
    publish_file(directory.path() / "file", "12345");
    EXPECT_THROW(read_file(directory.path() / "file", 4), Error);
    EXPECT_THROW(read_file(directory.path() / "none"), Error);
}

}  // namespace
}  // namespace lifeboat::os
