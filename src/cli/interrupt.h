// Ctrl-C, SIGTERM and SIGHUP as a wish to stop: what was begun is taken back first.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "os/stop_signal.h"

namespace lifeboat::cli {

// Of verbs that leave nothing else when they are ended at once.
inline constexpr const char* kLockStays =
    "its lock stays behind; `lifeboat vault unlock` removes it";

class Interrupt {
  public:
    // Made before any other thread. The first signal requests a stop; the second ends the process
    // at once, after `what_stays` was printed.
    explicit Interrupt(std::string what_stays);
    // From then on a signal ends the process.
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    std::stop_token token() const { return stop_.get_token(); }

  private:
    void listen();

    const std::string what_stays_;
    os::StopSignal signal_;
    std::stop_source stop_;
    std::mutex mutex_;  // over is_over_
    bool is_over_ = false;
    std::thread listener_;  // last: it uses the rest
};

}  // namespace lifeboat::cli
