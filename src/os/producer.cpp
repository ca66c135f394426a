#include "os/producer.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::os {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

int status_of(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) throw error_from_errno(errno, "wait for a command");
    return status;
}

}  // namespace

Producer::Producer(const std::vector<std::string>& command, const Environment& environment) {
    if (command.empty() || command.front().empty())
        throw Error(ErrorCategory::InvalidInput, "NoCommand", "name the command to run");
    name_ = command.front();
    std::vector<std::string> arguments = command, variables;
    for (const auto& [name, value] : environment)
        variables.push_back(name + "=" + value);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno(errno, "make a pipe");
    output_.reset(ends[0]);
    const UniqueFd writing(ends[1]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t ordinary;
    sigemptyset(&none);
    sigemptyset(&ordinary);
    sigaddset(&ordinary, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ordinary);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int problem = ::posix_spawnp(&pid_, name_.c_str(), &actions, &attributes,
                                       pointers(arguments).data(), pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) {
        pid_ = -1;
        throw error_from_errno(problem, "run '" + name_ + "'");
    }
}

Producer::~Producer() {
    if (pid_ <= 0) return;
    output_.reset(-1);
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void Producer::wait() {
    output_.reset(-1);
    const int status = status_of(pid_);
    pid_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw Error(
        ErrorCategory::Unavailable, "CommandFailed",
        "'" + name_ + "' " +
            (WIFEXITED(status) ? "ended with exit status " + std::to_string(WEXITSTATUS(status))
                               : "was ended by signal " + std::to_string(WTERMSIG(status))) +
            ", so what it printed may not be whole; see what it said, and run it again");
}

}  // namespace lifeboat::os
