#include "os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "os/file.h"
#include "os/unique_fd.h"

namespace lifeboat::os {
namespace {

using Steady = std::chrono::steady_clock;

// A child in a process group of its own; ended and waited for, whatever happens.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL);
        wait();
    }
    int wait() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        return ended(status);
    }
    // nullopt: it still runs.
    std::optional<int> look() {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) <= 0) return std::nullopt;
        return ended(status);
    }

  private:
    int ended(int status) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    pid_t pid_;
};

// A process that has closed its output is about to end; there is nothing to poll for that.
constexpr std::chrono::milliseconds kNextLook{2};

Error timeout(const ProcessLimits& limits) {
    return Error(ErrorCategory::Unavailable, "ProcessTimeout",
                 "a command was not done after " + std::to_string(limits.time.count()) +
                     " ms, and was ended");
}

pid_t spawn(const std::string& command, const Environment& environment, int output) {
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment)
        variables.push_back(name + "=" + value);
    std::vector<char*> entries;
    for (std::string& variable : variables)
        entries.push_back(variable.data());
    entries.push_back(nullptr);
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string text = command;
    char* arguments[] = {shell.data(), option.data(), text.data(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t ordinary;
    sigemptyset(&none);
    sigemptyset(&ordinary);
    sigaddset(&ordinary, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ordinary);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    const int problem =
        ::posix_spawn(&pid, shell.c_str(), &actions, &attributes, arguments, entries.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) throw error_from_errno(problem, "run '" + shell + "'");
    return pid;
}

}  // namespace

ProcessResult run_shell(const std::string& command, const Environment& environment,
                        const ProcessLimits& limits) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno(errno, "make a pipe");
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const Steady::time_point deadline = Steady::now() + limits.time;
    Child child(spawn(command, environment, writing.get()));
    writing.reset(-1);

    ProcessResult result;
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
        pollfd waiting{reading.get(), POLLIN, 0};
        const int ready =
            left.count() <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) throw timeout(limits);
        char bytes[4096];
        const ssize_t count = ::read(reading.get(), bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw error_from_errno(errno, "read what a command prints");
        if (count == 0) break;
        result.output.append(bytes, static_cast<std::size_t>(count));
        if (result.output.size() > limits.output_bytes)
            throw Error(
                ErrorCategory::InvalidInput, "ProcessOutputTooLarge",
                "a command printed more than " + std::to_string(limits.output_bytes) + " bytes");
    }
    for (auto code = child.look();; code = child.look()) {
        if (code) {
            result.exit_code = *code;
            return result;
        }
        if (Steady::now() >= deadline) throw timeout(limits);
        ::poll(nullptr, 0, static_cast<int>(kNextLook.count()));
    }
}

std::chrono::milliseconds process_age() {
    constexpr int kStartTime = 22;  // proc(5): the field's number in /proc/self/stat
    std::string text;
    try {
        text = read_file("/proc/self/stat", 1 << 16);
    } catch (const Error&) {
        return {};
    }
    // The name, the second field, may hold anything but ends with the last parenthesis.
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    for (int number = 3; number <= kStartTime; ++number)
        fields >> field;
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const long long ticks = std::strtoll(field.c_str(), nullptr, 10);
    const long long started = ticks * 1000 / ::sysconf(_SC_CLK_TCK);
    return std::chrono::milliseconds(now.tv_sec * 1000LL + now.tv_nsec / 1'000'000 - started);
}

std::chrono::milliseconds processor_time() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::milliseconds(used.tv_sec * 1000LL + used.tv_nsec / 1'000'000);
}

}  // namespace lifeboat::os
