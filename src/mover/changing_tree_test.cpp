// Trees that change while they are copied, and file systems that refuse: each file is reported, the
// rest is copied.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

namespace fs = std::filesystem;
using testing::count_temporaries;
using testing::read_file;
using testing::write_file;

class ChangingTree : public testing::CopyFixture {
  protected:
    // One worker, and `change` after the first file was copied.
    Report copy_and(const std::function<void()>& change) {
        options_.workers = 1;
        // The change itself is a difference.
        const auto verify = std::exchange(options_.verify_mode, VerifyMode::None);
        Surroundings around = surroundings();
        around.estimate = Estimate::None;
        bool done = false;
        around.on_action = [&](const Action& action) {
            if (done || action.kind != Action::Kind::Copy) return;
            done = true;
            change();
        };
        Report report = copy_tree(open_roots(), options_, filter_, around);
        options_.verify_mode = verify;
        return report;
    }
};

TEST_F(ChangingTree, FilesThatVanishAreReportedAndTheRestIsCopied) {
    // Fewer than one listing hands out at a time: all are listed before the first is copied.
    for (int i = 0; i < 6; ++i)
        write_file(source_ / ("f" + std::to_string(i)), "x");
    std::set<std::string> vanished;
    const Report report = copy_and([&] {
        for (const auto& entry : fs::directory_iterator(source_))
            if (vanished.size() < 2 && !fs::exists(destination_ / entry.path().filename()))
                vanished.insert(entry.path().filename());
        for (const std::string& name : vanished)
            fs::remove(source_ / name);
    });
    ASSERT_EQ(vanished.size(), 2U);
    EXPECT_FALSE(report.success());
    EXPECT_EQ(report.failures_total, 2U);
    for (const Failure& failure : report.failures) {
        EXPECT_TRUE(vanished.contains(failure.path)) << failure.path;
        EXPECT_EQ(failure.code, "Vanished");
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(destination_), fs::directory_iterator()), 4);
    expect_success(copy());
}

TEST_F(ChangingTree, ADirectoryMovedAwayWhileItIsFilledIsReported) {
    fs::create_directories(source_ / "d");
    for (int i = 0; i < 3; ++i)
        write_file(source_ / "d" / ("f" + std::to_string(i)), "x");
    write_file(source_ / "other", "x");
    // One directory and one file: whichever comes first, the second try has "d" half filled.
    write_file(destination_ / "other", "longer");
    fs::create_directories(destination_ / "d");
    const Report report = copy_and([&] {
        fs::rename(destination_ / "d", temporary_.path() / "moved");
        fs::create_directory(destination_ / "d");
    });
    EXPECT_FALSE(report.success());
    ASSERT_GE(report.failures_total, 1U);
    EXPECT_EQ(report.failures[0].path.substr(0, 1), "d");
    EXPECT_EQ(read_file(destination_ / "other"), "x");
    EXPECT_EQ(count_temporaries(destination_), 0);
    EXPECT_EQ(count_temporaries(temporary_.path() / "moved"), 0);
    expect_success(copy());
    EXPECT_EQ(read_file(destination_ / "d" / "f0"), "x");
}

TEST_F(ChangingTree, ASourceDirectoryRenamedIsCopiedAsItWasFound) {
    fs::create_directories(source_ / "d");
    for (int i = 0; i < 3; ++i)
        write_file(source_ / "d" / ("f" + std::to_string(i)), "x");
    expect_success(copy_and([&] { fs::rename(source_ / "d", source_ / "renamed"); }));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(read_file(destination_ / "d" / ("f" + std::to_string(i))), "x");
}

// In this process, from now on: `call` fails with `error` when its third argument is `value`.
bool refuse(unsigned call, std::uint32_t value, unsigned error) {
    const sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{static_cast<unsigned short>(std::size(program)),
                            const_cast<sock_filter*>(program)};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(ChangingTree, WhatTheSystemRefusesForOneFileIsReportedForIt) {
    struct Case {
        const char* name;
        unsigned call;
        unsigned error;
        const char* code;
    };
    // The file with 5,000 bytes is the one in a bad place.
    fs::create_directory(source_ / "d");
    write_file(source_ / "bad", std::string(5000, 'x'));
    for (int i = 0; i < 20; ++i)
        write_file(source_ / "d" / ("good" + std::to_string(i)), std::string(i, 'x'));
    for (const Case& one : {Case{"bad sector", SYS_pread64, EIO, "EIO"},
                            Case{"quota", SYS_pwrite64, EDQUOT, "EDQUOT"},
                            Case{"full disk", SYS_pwrite64, ENOSPC, "ENOSPC"},
                            Case{"server gone", SYS_pwrite64, ESTALE, "ESTALE"}}) {
        SCOPED_TRACE(one.name);
        const pid_t child = ::fork();
        if (child == 0) {
            if (!refuse(one.call, 5000, one.error)) ::_exit(77);
            const Report report = copy();
            if (report.success() || report.failures_total != 1) ::_exit(1);
            if (report.failures[0].path != "bad" || report.failures[0].code != one.code) ::_exit(2);
            ::_exit(report.transfer_status == PhaseStatus::Error ? 0 : 3);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "seccomp is not allowed here";
        EXPECT_EQ(WEXITSTATUS(status), 0);
        EXPECT_FALSE(fs::exists(destination_ / "bad"));
        for (int i = 0; i < 20; ++i)
            EXPECT_EQ(fs::file_size(destination_ / "d" / ("good" + std::to_string(i))),
                      static_cast<std::uintmax_t>(i));
        EXPECT_EQ(count_temporaries(destination_), 0);
        fs::remove_all(destination_);
        fs::create_directory(destination_);
    }
}

}  // namespace
}  // namespace lifeboat::mover
