#include "cli/interrupt.h"

#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "cli/exit_code.h"

namespace lifeboat::cli {

Interrupt::Interrupt(std::string what_stays)
    : what_stays_(std::move(what_stays)), listener_([this] { listen(); }) {}

Interrupt::~Interrupt() {
    {
        const std::scoped_lock lock(mutex_);
        is_over_ = true;
    }
    ::pthread_kill(listener_.native_handle(), SIGTERM);
    listener_.join();
}

void Interrupt::listen() {
    while (true) {
        signal_.wait();
        const std::scoped_lock lock(mutex_);
        if (is_over_) return;
        if (stop_.request_stop()) {
            std::cerr << "lifeboat: stopping; once more ends it at once\n";
            continue;
        }
        std::cerr << "lifeboat: ended at once; " << what_stays_ << '\n';
        std::_Exit(kInterrupted);
    }
}

}  // namespace lifeboat::cli
