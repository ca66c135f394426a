#include "os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <sstream>

#include "base/error.h"
#include "os/child.h"
#include "os/file.h"
#include "os/unique_fd.h"

namespace lifeboat::os {
namespace {

using Steady = std::chrono::steady_clock;

// A process that has closed its output is about to end; there is nothing to poll for that.
constexpr std::chrono::milliseconds kNextLook{2};

Error timeout(const ProcessLimits& limits) {
    return Error(ErrorCategory::Unavailable, "ProcessTimeout",
                 "a command was not done after " + std::to_string(limits.time.count()) +
                     " ms, and was ended");
}

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_program(const std::vector<std::string>& command, const Environment& environment,
                          const ProcessLimits& limits) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno(errno, "make a pipe");
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const Steady::time_point deadline = Steady::now() + limits.time;
    Child child(command, environment, writing.get(), ProcessGroup::Own);
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
    for (auto status = child.look();; status = child.look()) {
        if (status) {
            result.exit_code = exit_code_of(*status);
            return result;
        }
        if (Steady::now() >= deadline) throw timeout(limits);
        ::poll(nullptr, 0, static_cast<int>(kNextLook.count()));
    }
}

std::string output_of(const std::vector<std::string>& command, const Environment& environment,
                      const ProcessLimits& limits) {
    ProcessResult result = run_program(command, environment, limits);
    if (result.exit_code == 0) return std::move(result.output);
    std::string words;
    for (const std::string& word : command)
        (words += words.empty() ? "" : " ") += word;
    throw Error(ErrorCategory::Unavailable, "CommandFailed",
                "'" + words + "' ended with exit status " + std::to_string(result.exit_code) +
                    "; see what it said");
}

ProcessResult run_shell(const std::string& command, const Environment& environment,
                        const ProcessLimits& limits) {
    return run_program({"/bin/sh", "-c", command}, environment, limits);
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
