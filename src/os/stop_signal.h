// Waiting for the wish that this process ends: SIGTERM, SIGINT from a terminal, or SIGHUP when the
// terminal goes away (not where that is ignored, as under nohup).
#pragma once

#include <csignal>

namespace lifeboat::os {

// Blocks these signals for this thread and the threads it starts from then on, so that no thread is
// interrupted by them; make one before any thread.
class StopSignal {
  public:
    StopSignal();
    // As release().
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    // Blocks until one of them arrives; returns its number.
    int wait();
    // From now on they end the process at once again, if they reach this thread.
    void release();

  private:
    const sigset_t signals_;
    sigset_t before_;
    bool blocked_ = true;
};

}  // namespace lifeboat::os
