// Downloads from a bucket in memory.
#include "bucket/download.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/fault.h"
#include "base/json.h"
#include "bucket/testing/copy_fixture.h"

namespace lifeboat::bucket {
namespace {

namespace fs = std::filesystem;
using mover::testing::read_file;
using mover::testing::write_file;

using Downloads = testing::CopyFixture;

TEST_F(Downloads, NamesOfOneLargeFileDoNotWaitForEachOthersMemory) {
    write_file(source_ / "name0", std::string(2 * kPartBytes + 1, 'l'));
    for (int i = 1; i < 8; ++i)
        fs::create_hard_link(source_ / "name0", source_ / ("name" + std::to_string(i)));
    expect_success(up());
    expect_success(down());
    EXPECT_EQ(fs::hard_link_count(destination_ / "name7"), 8U);
    expect_equal();
}

TEST_F(Downloads, ALinkThatCannotBeMadeIsReportedAndItsContentIsThere) {
    write_file(source_ / "one", "content");
    fs::create_hard_link(source_ / "one", source_ / "two");
    expect_success(up());
    for (int round = 0; round < 2; ++round) {
        fault::install("mover.hard-link-created=error");
        const mover::Report report = down();
        fault::install("");
        ASSERT_EQ(report.failures_total, 1U);
        EXPECT_EQ(report.failures[0].code, "HardLinkNotMade");
        EXPECT_EQ(mover::testing::count_temporaries(destination_), 0);
        EXPECT_EQ(read_file(destination_ / "one"), "content");
        EXPECT_EQ(read_file(destination_ / "two"), "content");
        EXPECT_EQ(fs::hard_link_count(destination_ / "two"), 1U);
    }
    expect_success(down());
    expect_equal();
}

TEST_F(Downloads, AnOwnerWritesToADirectoryHeMayNotWriteTo) {
    for (const char* folder : {"with", "without"}) {
        fs::create_directory(source_ / folder);
        write_file(source_ / folder / "first", "x");
    }
    write_file(source_ / "with" / "second", "x");
    fs::permissions(source_ / "with", fs::perms(0555));
    expect_success(up());
    // A folder that has no object leaves the directory's mode alone.
    s3_.call("s3", "DeleteObject", {{"Bucket", "bucket"}, {"Key", "a/b/without/"}});
    const pid_t child = ::fork();
    if (child == 0) {
        fs::permissions(temporary_.path(), fs::perms(0777));
        fs::permissions(destination_, fs::perms(0777));
        if (::geteuid() == 0 && (::chown(destination_.c_str(), 65534, 65534) != 0 ||
                                 ::setgid(65534) != 0 || ::setuid(65534) != 0))
            ::_exit(10);
        options_.uid.kind = mover::OwnerRule::Kind::Caller;
        options_.gid.kind = mover::OwnerRule::Kind::Caller;
        for (const char* folder : {"with", "without"}) {
            fs::create_directory(destination_ / folder);
            fs::permissions(destination_ / folder, fs::perms(0555));
        }
        if (!down().success()) ::_exit(11);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    for (const char* folder : {"with", "without"}) {
        EXPECT_EQ(read_file(destination_ / folder / "first"), "x");
        EXPECT_EQ(fs::status(destination_ / folder).permissions(), fs::perms(0555)) << folder;
        fs::permissions(destination_ / folder, fs::perms(0755));
    }
    fs::permissions(source_ / "with", fs::perms(0755));
}

}  // namespace
}  // namespace lifeboat::bucket
