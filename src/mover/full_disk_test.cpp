// Copies into file systems that are really full, or whose quota really is: a small tmpfs, and a
// btrfs in a file, whose quota needs nothing of the kernel but btrfs.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

namespace fs = std::filesystem;
using testing::count_temporaries;
using testing::rsync_differences;
using testing::write_file;

bool shell(const std::string& command) {
    return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0;
}

class AFullDisk : public testing::CopyFixture {
  protected:
    AFullDisk() {
        for (const char* name : {"a", "b", "c"}) {
            fs::create_directory(source_ / name);
            write_file(source_ / name / "five", std::string(5 << 20, 'f'));
            for (int i = 0; i < 20; ++i)
                write_file(source_ / name / ("small" + std::to_string(i)), "small");
        }
        write_file(source_ / "too large", std::string(40 << 20, 'l'));
        options_.workers = 2;
    }
    ~AFullDisk() override { ::umount2(mounted_.c_str(), MNT_DETACH); }

    // Some of it fits. What does is whole, what does not is named, and nothing else is left.
    void expect_partial(const std::string& code) {
        const Report report = copy();
        EXPECT_FALSE(report.success());
        EXPECT_GE(report.failures_total, 1U);
        for (const Failure& failure : report.failures)
            if (failure.phase == Phase::Transferring)
                EXPECT_EQ(failure.code, code) << failure.path << ": " << failure.message;
        EXPECT_EQ(count_temporaries(destination_), 0);
        int files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(destination_))
            if (entry.is_regular_file()) {
                const fs::path original = source_ / fs::relative(entry.path(), destination_);
                EXPECT_EQ(entry.file_size(), fs::file_size(original)) << original;
                ++files;
            }
        EXPECT_GE(files, 20);
        EXPECT_FALSE(fs::exists(destination_ / "too large"));
    }
    void expect_whole() {
        expect_success(copy());
        const auto differences = rsync_differences(source_, destination_, "aH");
        if (differences) EXPECT_EQ(*differences, "");
    }

    fs::path mounted_ = temporary_.path() / "mounted";
};

TEST_F(AFullDisk, TakesWhatFitsAndTheRestLater) {
    fs::create_directory(mounted_);
    if (::mount("none", mounted_.c_str(), "tmpfs", 0, "size=20m") != 0)
        GTEST_SKIP() << "this process may not mount";
    destination_ = mounted_ / "copy";
    fs::create_directory(destination_);
    expect_partial("ENOSPC");
    ASSERT_EQ(::mount("none", mounted_.c_str(), "tmpfs", MS_REMOUNT, "size=100m"), 0);
    expect_whole();
}

TEST_F(AFullDisk, SoDoesAQuota) {
    const std::string image = temporary_.path() / "image";
    const std::string at = mounted_;
    fs::create_directory(mounted_);
    if (::geteuid() != 0 || !shell("command -v btrfs") || !shell("truncate -s 300M " + image) ||
        !shell("mkfs.btrfs " + image) || !shell("mount -o loop " + image + " " + at))
        GTEST_SKIP() << "no btrfs can be made and mounted here";
    destination_ = mounted_ / "copy";
    ASSERT_TRUE(shell("btrfs quota enable " + at + " && btrfs subvolume create " +
                      destination_.string() + " && btrfs qgroup limit 20M " +
                      destination_.string()));
    expect_partial("EDQUOT");
    ASSERT_TRUE(shell("btrfs qgroup limit none " + destination_.string()));
    expect_whole();
}

}  // namespace
}  // namespace lifeboat::mover
