// A user who owns both trees and wants root to read or write elsewhere: a process of its own that
// swaps files, directories and mounts for ways out while the mover runs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <new>

#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::set_time;
using testing::write_file;

constexpr int kNames = 12;
constexpr std::string_view kSecret = "SECRET";

// Exit codes of the process that copies under attack.
enum Verdict { kUnharmed, kNotAllowedHere, kSecretCopied, kOutsideChanged, kOutsideOpened };

class Attacker : public testing::CopyFixture {
  protected:
    Attacker() {
        fs::create_directory(outside_);
        write_file(outside_ / "file", kSecret);
        set_time(outside_ / "file", 3);
        fs::permissions(outside_ / "file", fs::perms(0600));
        fs::create_directory(hiding_);
        for (const fs::path& root : {source_, destination_})
            for (int i = 0; i < kNames; ++i) {
                fs::create_directories(directory(root, i) / "below");
                write_file(directory(root, i) / "file", root == source_ ? "plain" : "old");
                write_file(directory(root, i) / "below" / "file", "deep");
                write_file(file(root, i), "plain");
            }
    }

    static fs::path directory(const fs::path& root, int i) {
        return root / ("d" + std::to_string(i));
    }
    static fs::path file(const fs::path& root, int i) { return root / ("f" + std::to_string(i)); }

    // Puts a link to `target` in the place of `path`, and `path` back.
    static void swap_for_link(const fs::path& path, const fs::path& target) {
        const std::string link = path.string() + ".link";
        ::symlink(target.c_str(), link.c_str());
        ::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE);
        ::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE);
        ::unlink(link.c_str());
    }

    // Has the place outside in the place of `path` for a moment.
    static void mount_over(const fs::path& path, const fs::path& outside) {
        if (::mount(outside.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0)
            ::umount2(path.c_str(), MNT_DETACH);
    }

    // Has the directory elsewhere for a moment.
    void move_away(const fs::path& path) const {
        const fs::path elsewhere = hiding_ / path.filename();
        ::rename(path.c_str(), elsewhere.c_str());
        ::rename(elsewhere.c_str(), path.c_str());
    }

    [[noreturn]] void attack(std::atomic<int>& rounds) const {
        for (int i = 0;; i = (i + 1) % kNames, ++rounds)
            for (const fs::path& root : {source_, destination_}) {
                swap_for_link(directory(root, i), outside_);
                swap_for_link(directory(root, i) / "below", outside_);
                swap_for_link(file(root, i), outside_ / "file");
                mount_over(directory(root, (i + 5) % kNames), outside_);
                mount_over(file(root, (i + 5) % kNames), outside_ / "file");
                move_away(directory(root, (i + 7) % kNames));
            }
    }

    void copy_under_attack(const std::atomic<int>& rounds) {
        options_.transfer_mode = TransferMode::All;
        for (int run = 0; run < 20 || rounds < 100; ++run)
            copy();
        options_.transfer_mode = TransferMode::Changed;
        options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
        for (int run = 0; run < 20 || rounds < 200; ++run)
            copy();
    }

    Verdict judge() const {
        struct stat now {};
        if (::stat((outside_ / "file").c_str(), &now) != 0 || now.st_size != 6 ||
            (now.st_mode & 07777U) != 0600 || now.st_mtim.tv_nsec != 123456789 ||
            std::distance(fs::directory_iterator(outside_), fs::directory_iterator()) != 1)
            return kOutsideChanged;
        for (const auto& entry : fs::recursive_directory_iterator(destination_))
            if (fs::is_regular_file(entry.symlink_status()) && read_file(entry.path()) == kSecret)
                return kSecretCopied;
        return kUnharmed;
    }

    // In a process and a mount namespace of its own, so that mounts go with it.
    int run() {
        void* const shared = ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        auto& rounds = *new (shared) std::atomic<int>(0);
        const pid_t child = ::fork();
        if (child == 0) {
            if (::unshare(CLONE_NEWNS) != 0 ||
                ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
                ::_exit(kNotAllowedHere);
            // Whoever opens, reads or changes what lies outside is seen, whatever way was taken.
            const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
            if (watch < 0 || ::inotify_add_watch(watch, outside_.c_str(), kTouched) < 0)
                ::_exit(kNotAllowedHere);
            const pid_t attacker = ::fork();
            if (attacker == 0) attack(rounds);
            copy_under_attack(rounds);
            ::kill(attacker, SIGKILL);
            ::waitpid(attacker, nullptr, 0);
            for (const fs::path& root : {source_, destination_})
                for (int i = 0; i < kNames; ++i) {
                    ::umount2(directory(root, i).c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
                    ::umount2(file(root, i).c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
                }
            alignas(inotify_event) char events[4096];
            const ssize_t size = ::read(watch, events, sizeof events);
            if (size > 0) {
                const auto* first = reinterpret_cast<const inotify_event*>(events);
                std::cerr << "outside touched: mask " << std::hex << first->mask << std::dec
                          << '\n';
                ::_exit(kOutsideOpened);
            }
            ::_exit(judge());
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        std::cerr << rounds << " rounds of attack\n";
        ::munmap(shared, sizeof(std::atomic<int>));
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    static constexpr std::uint32_t kTouched =
        IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_OPEN | IN_CREATE | IN_DELETE | IN_MOVE;
    const fs::path outside_ = temporary_.path() / "outside";
    const fs::path hiding_ = temporary_.path() / "hiding";
};

TEST_F(Attacker, LeadsNobodyOutOfTheTrees) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can mount, and only root is worth attacking";
    const int verdict = run();
    if (verdict == kNotAllowedHere) GTEST_SKIP() << "mounting or watching is not allowed here";
    EXPECT_EQ(verdict, kUnharmed);
}

}  // namespace
}  // namespace lifeboat::mover
