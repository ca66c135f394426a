#include "cli/mount_stopper.h"

#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace lifeboat::cli {

MountStopper::MountStopper(os::StopSignal& stop) : stop_(stop), listener_([this] { listen(); }) {}

MountStopper::~MountStopper() {
    {
        const std::scoped_lock lock(mutex_);
        is_over_ = true;
    }
    ::pthread_kill(listener_.native_handle(), SIGTERM);
    listener_.join();
}

void MountStopper::expect_lock() {
    const std::scoped_lock lock(mutex_);
    expects_lock_ = true;
}

void MountStopper::begin_mount() {
    const std::scoped_lock lock(mutex_);
    takes_signal_ = true;
}

void MountStopper::listen() {
    while (true) {
        stop_.wait();
        const std::scoped_lock lock(mutex_);
        if (is_over_) return;
        if (!takes_signal_) {
            std::cerr << "lifeboat: ended at once"
                      << (expects_lock_ ? "; the lock stays behind, and `lifeboat vault unlock` "
                                          "removes it\n"
                                        : "\n");
            std::_Exit(kInterrupted);
        }
        takes_signal_ = false;
        was_told_ = true;
        changed_.notify_all();
    }
}

// In a thread of its own, as unmounting may take long.
void MountStopper::unmount_when_told(mount::Session& session) {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return was_told_ || is_unmounted_; });
        if (!was_told_) return;
        was_told_ = false;
        lock.unlock();
        std::optional<mount::Unmounted> how;
        try {
            how = session.unmount();
        } catch (const Error& error) {
            std::cerr << "lifeboat: " << shown(error.what()) << '\n';
        }
        lock.lock();
        how_ = how;
        if (how_) return;
        takes_signal_ = !is_unmounted_;  // the next one tries again
    }
}

mount::Unmounted MountStopper::serve(mount::Session& session) {
    std::jthread unmounter([&] { unmount_when_told(session); });
    session.wait();
    {
        const std::scoped_lock lock(mutex_);
        takes_signal_ = false;
        is_unmounted_ = true;
    }
    changed_.notify_all();
    unmounter.join();
    const std::scoped_lock lock(mutex_);
    return how_.value_or(mount::Unmounted::NotMounted);
}

}  // namespace lifeboat::cli
