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
        EXPECT_TRUE(report.failures[0].message.starts_with(round == 0 ? "copied as" : "left as"))
            << report.failures[0].message;
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

TEST_F(Downloads, ADryRunSaysWhatAFullDirectoryInAFilesPlaceMeans) {
    write_file(source_ / "name", "content");
    expect_success(up());
    fs::create_directory(destination_ / "name");
    write_file(destination_ / "name" / "mine", "x");
    for (const auto effect : {mover::Effect::Look, mover::Effect::Change}) {
        const mover::Report report = copy_from_bucket(
            s3_, place_, mover::open_root(destination_, mover::MissingRoot::Refuse), options_,
            filter_, surroundings(), effect);
        ASSERT_EQ(report.failures_total, 1U);
        EXPECT_EQ(report.failures[0].code, "Conflict");
        EXPECT_NE(report.failures[0].message.find("not empty"), std::string::npos);
    }
    EXPECT_EQ(read_file(destination_ / "name" / "mine"), "x");
    fs::remove(destination_ / "name" / "mine");
    expect_success(down());
    EXPECT_EQ(read_file(destination_ / "name"), "content");
}

}  // namespace
}  // namespace lifeboat::bucket
