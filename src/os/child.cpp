#include "os/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::os {
namespace {

// Valid as long as `texts` is not changed.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

}  // namespace

Child::Child(std::vector<std::string> command, const Environment& environment, int output,
             ProcessGroup group)
    : group_(group) {
    if (command.empty() || command.front().empty())
        throw Error(ErrorCategory::InvalidInput, "NoCommand", "name the command to run");
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment)
        variables.push_back(name + "=" + value);

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
    const int of_its_own = group == ProcessGroup::Own ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK |
                                                             POSIX_SPAWN_SETSIGDEF | of_its_own));
    const int problem = ::posix_spawnp(&pid_, command.front().c_str(), &actions, &attributes,
                                       pointers(command).data(), pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) throw error_from_errno(problem, "run '" + command.front() + "'");
}

Child::~Child() {
    if (pid_ <= 0) return;
    ::kill(group_ == ProcessGroup::Own ? -pid_ : pid_, SIGKILL);
    wait();
}

int Child::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

std::optional<int> Child::look() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) <= 0) return std::nullopt;
    pid_ = -1;
    return status;
}

}  // namespace lifeboat::os
