// Ends a mount by signals, from before its repository is opened until all of it is gone.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "mount/session.h"
#include "os/stop_signal.h"

namespace lifeboat::cli {

class MountStopper {
  public:
    // `stop` outlives this. Until begin_mount(), and after serve(), a signal ends the process at
    // once: nobody waits for a store that does not answer.
    explicit MountStopper(os::StopSignal& stop);
    ~MountStopper();
    MountStopper(const MountStopper&) = delete;
    MountStopper& operator=(const MountStopper&) = delete;

    // From now on an end at once leaves a lock behind, and says so.
    void expect_lock();
    // To be called before there is a session: from now on a first signal is kept for serve().
    void begin_mount();
    // Until `session` is unmounted: by a signal, or by anybody. A second signal ends the process at
    // once.
    mount::Unmounted serve(mount::Session& session);

  private:
    void listen();
    void unmount_when_told(mount::Session& session);

    os::StopSignal& stop_;
    std::mutex mutex_;  // over the rest
    std::condition_variable changed_;
    bool expects_lock_ = false;
    bool takes_signal_ = false;  // it unmounts
    bool was_told_ = false;
    bool is_unmounted_ = false;
    bool is_over_ = false;
    std::optional<mount::Unmounted> how_;
    std::thread listener_;  // last: it uses the rest
};

}  // namespace lifeboat::cli
