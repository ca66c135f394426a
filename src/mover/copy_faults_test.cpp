// Runs that are killed, files that cannot be copied, trees that change meanwhile.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/fault.h"
#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

namespace fs = std::filesystem;
using testing::CopyFixture;
using testing::count_temporaries;
using testing::make_sample_tree;
using testing::read_file;
using testing::rsync_differences;
using testing::set_time;
using testing::write_file;

class CopyFaults : public CopyFixture {
  protected:
    ~CopyFaults() override { fault::install(""); }

    // Points a run over this tree reaches.
    std::vector<std::string> points() {
        fault::install("record=/dev/null");
        copy();
        std::vector<std::string> names = fault::reached();
        fault::install("");
        return names;
    }

    void start_over() {
        fs::remove_all(destination_);
        fs::create_directory(destination_);
    }

    // Copies in another process that dies when `script` says so; true when it did die.
    bool copy_and_die(const std::string& script) {
        const pid_t child = ::fork();
        if (child == 0) {
            fault::install(script);
            copy();
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }

    void expect_equal_to_source() {
        const auto differences = rsync_differences(source_, destination_);
        if (!differences) GTEST_SKIP() << "rsync is not installed: nobody else judges the copy";
        EXPECT_EQ(*differences, "");
    }

    // The only failure of `report`.
    static Failure only_failure(const Report& report) {
        EXPECT_FALSE(report.success());
        EXPECT_EQ(report.failures_total, 1U);
        return report.failures.empty() ? Failure{} : report.failures[0];
    }
};

TEST_F(CopyFaults, ARunKilledAnywhereIsMendedByTheNext) {
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    write_file(destination_ / "extra", "to be deleted");
    write_file(destination_ / "small", "SMALL");
    const std::vector<std::string> names = points();
    for (const char* needed :
         {"mover.file-created", "mover.file-before-rename", "mover.file-after-rename",
          "mover.file-before-mode", "mover.file-after-naming", "mover.before-mode",
          "mover.directory-created", "mover.tree-before-times", "mover.hard-link-created",
          "mover.before-delete", "mover.before-sync"})
        EXPECT_NE(std::find(names.begin(), names.end(), needed), names.end()) << needed;
    for (const std::string& name : names) {
        for (const char* times : {"", ":2", ":7"}) {
            SCOPED_TRACE(name + times);
            start_over();
            write_file(destination_ / "extra", "to be deleted");
            if (!copy_and_die(name + times + "=kill")) continue;
            expect_success(copy());
            EXPECT_EQ(count_temporaries(destination_), 0);
            expect_equal_to_source();
        }
    }
}

TEST_F(CopyFaults, ARunKilledWhileMergingIsMendedByTheNext) {
    // NEWER must not take the directories of the killed run for newer ones of the user's.
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    options_.overwrite_mode = OverwriteMode::Newer;
    set_time(destination_, 0);
    std::vector<std::string> scripts{"mover.directory-created:3=kill", "mover.file-created:40=kill",
                                     "mover.file-before-mode:50=kill",
                                     "mover.tree-before-times:4=kill"};
    // Each directory once: some have access control lists.
    for (int i = 1; i <= 15; ++i)
        scripts.push_back("mover.before-mode:" + std::to_string(i) + "=kill");
    for (const std::string& script : scripts) {
        SCOPED_TRACE(script);
        start_over();
        EXPECT_TRUE(copy_and_die(script));
        expect_success(copy());
        EXPECT_EQ(count_temporaries(destination_), 0);
        // The root existed before and keeps its metadata.
        const auto differences = rsync_differences(source_, destination_);
        if (!differences) GTEST_SKIP() << "rsync is not installed";
        EXPECT_LE(std::count(differences->begin(), differences->end(), '\n'), 1) << *differences;
    }
}

TEST_F(CopyFaults, AFileKilledAfterItGotItsOwnerIsNotTakenForTheUsers) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    options_.uid = {OwnerRule::Kind::Set, 200001, {}};
    options_.gid = {OwnerRule::Kind::Set, 1001, {}};
    fs::create_directory(source_ / "below");
    write_file(source_ / "below" / "notes", "not newer than the source");
    fs::permissions(source_ / "below" / "notes", fs::perms(0640));
    set_time(source_ / "below" / "notes", 1000);
    for (const OverwriteMode mode : {OverwriteMode::Newer, OverwriteMode::Never})
        for (const char* point : {"mover.owner-set", "mover.file-before-mode"}) {
            SCOPED_TRACE(point);
            options_.overwrite_mode = mode;
            start_over();
            EXPECT_TRUE(copy_and_die(std::string(point) + "=kill"));
            expect_success(copy());
            const Entry made = *look(open_roots().destination.get(), "below/notes");
            EXPECT_EQ(made.permissions(), mode_t{0640});
            EXPECT_EQ(made.status.st_uid, 200001U);
            EXPECT_EQ(made.status.st_mtim.tv_sec, 1577836800 + 1000);
        }
}

TEST_F(CopyFaults, EachErrorIsReportedForItsFileAndTheRestIsCopied) {
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    struct Case {
        const char* script;
        const char* code;
    };
    for (const Case& one :
         {Case{"mover.file-open:5=eio", "EIO"}, Case{"mover.file-read:9=eio", "EIO"},
          Case{"mover.file-write:3=enospc", "ENOSPC"},
          Case{"mover.file-before-mode:4=enospc", "ENOSPC"},
          Case{"mover.directory-open:2=error", "ScriptedFault"},
          Case{"mover.directory-created:2=error", "ScriptedFault"},
          Case{"mover.link-created:1=eio", "EIO"}, Case{"mover.verify-read:6=eio", "EIO"}}) {
        SCOPED_TRACE(one.script);
        start_over();
        // The first pass opens directories too.
        fault::install(one.script);
        Surroundings around = surroundings();
        around.estimate = Estimate::None;
        const Report report = copy_tree(open_roots(), options_, filter_, around);
        fault::install("");
        EXPECT_FALSE(report.success());
        ASSERT_GE(report.failures_total, 1U);
        EXPECT_EQ(report.failures[0].code, one.code);
        EXPECT_EQ(count_temporaries(destination_), 0);
        expect_success(copy());
        expect_equal_to_source();
    }
}

TEST_F(CopyFaults, AHardLinkThatCannotBeMadeIsCopiedAndReported) {
    write_file(source_ / "a", "shared");
    fs::create_hard_link(source_ / "a", source_ / "b");
    fault::install("mover.hard-link-created=error");
    const Failure failure = only_failure(copy());
    fault::install("");
    EXPECT_EQ(failure.code, "HardLinkNotMade");
    EXPECT_EQ(read_file(destination_ / "a"), "shared");
    EXPECT_EQ(read_file(destination_ / "b"), "shared");
    EXPECT_EQ(count_temporaries(destination_), 0);
}

TEST_F(CopyFaults, AFullDiskIsReportedFileByFile) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can mount a small file system";
    if (::mount("tmpfs", destination_.c_str(), "tmpfs", 0, "size=1m") != 0)
        GTEST_SKIP() << "mounting is not allowed here";
    for (int i = 0; i < 8; ++i)
        write_file(source_ / ("small" + std::to_string(i)), std::string(10000, 'x'));
    write_file(source_ / "large", std::string(3 << 20, 'x'));
    // With more, a small one can come while the large one has all there is.
    options_.workers = 1;
    const Report report = copy();
    const Failure failure = only_failure(report);
    EXPECT_EQ(failure.path, "large");
    EXPECT_EQ(failure.code, "ENOSPC");
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(fs::file_size(destination_ / ("small" + std::to_string(i))), 10000U);
    EXPECT_EQ(count_temporaries(destination_), 0);
    ::umount2(destination_.c_str(), MNT_DETACH);
}

TEST_F(CopyFaults, AMountInsideATreeIsReportedAndNotEntered) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can mount";
    fs::create_directory(source_ / "mounted");
    write_file(source_ / "beside", "x");
    if (::mount("tmpfs", (source_ / "mounted").c_str(), "tmpfs", 0, "size=1m") != 0)
        GTEST_SKIP() << "mounting is not allowed here";
    write_file(source_ / "mounted" / "inside", "x");
    const Failure failure = only_failure(copy());
    ::umount2((source_ / "mounted").c_str(), MNT_DETACH);
    EXPECT_EQ(failure.path, "mounted");
    EXPECT_EQ(failure.code, "EXDEV");
    EXPECT_TRUE(fs::exists(destination_ / "beside"));
}

TEST_F(CopyFaults, WhatAUserMayNotReadIsReported) {
    write_file(source_ / "open", "x");
    write_file(source_ / "closed", "x");
    fs::create_directory(source_ / "closed directory");
    fs::permissions(source_ / "closed", fs::perms::none);
    fs::permissions(source_ / "closed directory", fs::perms::none);
    fs::permissions(temporary_.path(), fs::perms(0755));
    fs::permissions(destination_, fs::perms(0777));
    // In a process of its own when this one is root's.
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(10);
        options_.uid.kind = OwnerRule::Kind::Caller;
        options_.gid.kind = OwnerRule::Kind::Caller;
        options_.overwrite_mode = OverwriteMode::Never;
        const Report report = copy();
        if (report.failures_total != 2) ::_exit(11);
        for (const Failure& failure : report.failures)
            if (failure.code != "EACCES" || !failure.path.starts_with("closed")) ::_exit(12);
        ::_exit(read_file(destination_ / "open") == "x" ? 0 : 13);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    fs::permissions(source_ / "closed directory", fs::perms(0700));
}

TEST_F(CopyFaults, AUserCanFillHisOwnReadOnlyDirectories) {
    fs::create_directory(source_ / "read only");
    write_file(source_ / "read only" / "a", "x");
    fs::permissions(source_ / "read only", fs::perms(0555));
    fs::permissions(temporary_.path(), fs::perms(0777));
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(10);
        options_.uid.kind = OwnerRule::Kind::Caller;
        options_.gid.kind = OwnerRule::Kind::Caller;
        destination_ = temporary_.path() / "users";
        if (!copy().success()) ::_exit(11);
        if (fs::status(destination_ / "read only").permissions() != fs::perms(0555)) ::_exit(12);
        fs::permissions(destination_ / "read only", fs::perms(0755));
        fs::remove(destination_ / "read only" / "a");
        fs::permissions(destination_ / "read only", fs::perms(0555));
        if (!copy().success()) ::_exit(13);
        ::_exit(read_file(destination_ / "read only" / "a") == "x" ? 0 : 14);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

// The mover asks the time at every chunk it may read when it has a rate to keep; that is when the
// file changes.
class ClockThatChangesAFile final : public Clock {
  public:
    explicit ClockThatChangesAFile(std::function<void()> change) : change_(std::move(change)) {}
    Time now() const override {
        change_();
        return real_.now();
    }
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    Time until) const override {
        real_.wait_until(lock, changed, until);
    }

  private:
    std::function<void()> change_;
    SystemClock real_;
};

TEST_F(CopyFaults, AFileThatGrowsIsCopiedAsFarAsItGoesAndReported) {
    write_file(source_ / "log", std::string(600000, 'a'));
    options_.bytes_per_second = 1000000000000;
    const ClockThatChangesAFile clock(
        [&] { std::ofstream(source_ / "log", std::ios::app) << "b"; });
    const Failure failure =
        only_failure(copy_tree(open_roots(), options_, filter_, {clock, random_}));
    EXPECT_EQ(failure.code, "ChangedWhileRead");
    const std::string copied = read_file(destination_ / "log");
    ASSERT_GE(copied.size(), 600000U);
    EXPECT_EQ(copied.substr(0, 600000), std::string(600000, 'a'));
    EXPECT_EQ(copied.find_first_not_of('b', 600000), std::string::npos);
    expect_success(copy());
}

TEST_F(CopyFaults, AMixtureOfTwoStatesIsNeverPublished) {
    write_file(source_ / "state", std::string(600000, 'a'));
    write_file(destination_ / "state", "old");
    options_.bytes_per_second = 1000000000000;
    char value = 'b';
    const ClockThatChangesAFile clock([&] {
        write_file(source_ / "state", std::string(600000, value));
        set_time(source_ / "state", value++);
    });
    const Failure failure =
        only_failure(copy_tree(open_roots(), options_, filter_, {clock, random_}));
    EXPECT_EQ(failure.code, "ChangedWhileRead");
    EXPECT_EQ(read_file(destination_ / "state"), "old");
    EXPECT_EQ(count_temporaries(destination_), 0);
}

}  // namespace
}  // namespace lifeboat::mover
