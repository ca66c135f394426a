#include "os/stop_signal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lifeboat::os {
namespace {

// What a process that waits got when `signal` and then SIGTERM were sent to it.
int first_seen(int signal, void (*hangup)(int)) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGHUP, hangup);
        StopSignal stop;
        ::kill(::getpid(), signal);
        ::kill(::getpid(), SIGTERM);
        ::_exit(stop.wait());
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(StopSignal, TakesWhatAsksForAnEnd) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        EXPECT_EQ(first_seen(signal, SIG_DFL), signal);
}

TEST(StopSignal, LeavesAHangupAloneThatIsIgnored) {
    EXPECT_EQ(first_seen(SIGHUP, SIG_IGN), SIGTERM);
}

}  // namespace
}  // namespace lifeboat::os
