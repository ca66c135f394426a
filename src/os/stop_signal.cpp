#include "os/stop_signal.h"

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
    struct sigaction hangup {};
    ::sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) ::sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

StopSignal::StopSignal() : signals_(stop_signals()) {
    if (const int problem = ::pthread_sigmask(SIG_BLOCK, &signals_, &before_); problem != 0)
        throw error_from_errno(problem, "block SIGTERM");
}

StopSignal::~StopSignal() {
    release();
}

int StopSignal::wait() {
    while (true) {
        const int signal = ::sigwaitinfo(&signals_, nullptr);
        if (signal > 0) return signal;
        if (errno != EINTR) throw error_from_errno(errno, "wait for SIGTERM");
    }
}

void StopSignal::release() {
    if (std::exchange(blocked_, false)) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace lifeboat::os
