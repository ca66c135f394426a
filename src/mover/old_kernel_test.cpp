// Kernels and sandboxes that lack the newer system calls: the copy is the same without them.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iostream>
#include <vector>

#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

constexpr unsigned kListXattrAt = 465;

struct Denial {
    const char* name;
    std::vector<unsigned> calls;
    unsigned error;
};

// In this process, from now on: `calls` fail with `error`.
bool deny(const Denial& denial) {
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    for (const unsigned call : denial.calls) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | denial.error));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

class OldKernel : public testing::CopyFixture {
  protected:
    // The exit code of a process that copies without `denial`'s calls.
    int copy_without(const Denial& denial) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (!deny(denial)) ::_exit(77);
            // Denied for certain, or the test would show nothing.
            for (const unsigned call : denial.calls)
                if (::syscall(call, -1, nullptr, nullptr, 0, 0, 0) != -1 ||
                    errno != static_cast<int>(denial.error))
                    ::_exit(78);
            const Report report = copy();
            for (const Failure& failure : report.failures)
                std::cerr << failure.path << ": " << failure.message << '\n';
            ::_exit(report.success() ? 0 : 1);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
};

TEST_F(OldKernel, TheCopyIsTheSameWithoutTheNewerCalls) {
    testing::make_sample_tree(source_);
    testing::write_file(source_ / "large", std::string(3 << 20, 'x'));
    options_.preserve_devices = PreserveDevices::Preserve;
    const std::vector<unsigned> newer{SYS_openat2, SYS_copy_file_range, SYS_renameat2, SYS_statx,
                                      kListXattrAt};
    std::vector<Denial> denials{{"all missing", newer, ENOSYS}, {"all refused", newer, EPERM}};
    for (const unsigned call : newer)
        denials.push_back({"one missing", {call}, ENOSYS});
    denials.push_back(
        {"copy_file_range for other file systems only", {SYS_copy_file_range}, EXDEV});
    denials.push_back({"renameat2 without flags", {SYS_renameat2}, EINVAL});
    for (const Denial& denial : denials) {
        SCOPED_TRACE(denial.name + (" " + std::to_string(denial.calls[0])));
        std::filesystem::remove_all(destination_);
        std::filesystem::create_directory(destination_);
        const int code = copy_without(denial);
        if (code == 77) GTEST_SKIP() << "seccomp is not allowed here";
        EXPECT_EQ(code, 0);
        EXPECT_EQ(testing::count_temporaries(destination_), 0);
        const auto differences = testing::rsync_differences(source_, destination_);
        if (!differences) GTEST_SKIP() << "rsync is not installed";
        EXPECT_EQ(*differences, "");
    }
}

}  // namespace
}  // namespace lifeboat::mover
