#include "os/producer.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::os {

Producer::Producer(const std::vector<std::string>& command, const Environment& environment) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno(errno, "make a pipe");
    output_.reset(ends[0]);
    const UniqueFd writing(ends[1]);
    child_.emplace(command, environment, writing.get(), ProcessGroup::Ours);
    name_ = command.front();
}

void Producer::wait() {
    output_.reset(-1);
    const int status = child_->wait();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw Error(
        ErrorCategory::Unavailable, "CommandFailed",
        "'" + name_ + "' " +
            (WIFEXITED(status) ? "ended with exit status " + std::to_string(WEXITSTATUS(status))
                               : "was ended by signal " + std::to_string(WTERMSIG(status))) +
            ", so what it printed may not be whole; see what it said, and run it again");
}

}  // namespace lifeboat::os
