#include "os/stop_signal.h"

#include <sys/resource.h>

#include <cerrno>
#include <utility>

#include "base/error.h"

namespace lifeboat::os {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

StopSignal::StopSignal() {
    const sigset_t set = stop_signals();
    if (const int problem = ::pthread_sigmask(SIG_BLOCK, &set, &before_); problem != 0)
        throw error_from_errno(problem, "block SIGTERM");
}

StopSignal::~StopSignal() {
    release();
}

int StopSignal::wait() {
    const sigset_t set = stop_signals();
    while (true) {
        const int signal = ::sigwaitinfo(&set, nullptr);
        if (signal > 0) return signal;
        if (errno != EINTR) throw error_from_errno(errno, "wait for SIGTERM");
    }
}

void StopSignal::release() {
    if (std::exchange(blocked_, false)) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

unsigned long raise_open_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw error_from_errno(errno, "read the limit of open files");
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

}  // namespace lifeboat::os
