// One task of a Step Functions activity: whoever does it says that he is alive, and how it ended.
#pragma once

#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_fwd.h"
#include "cli/world.h"

namespace lifeboat::cli {

class ActivityTask {
  public:
    // `world` outlives it.
    ActivityTask(World& world, std::string token) : world_(world), token_(std::move(token)) {}

    // Says that the task is worked on, at most every kHeartbeat. False: nobody waits for it any
    // more. A service that is away counts as waiting. Not to be called from several threads.
    bool beat();
    // Both throw what the service says: TaskTimedOut when the execution has ended meanwhile.
    void succeeded(const Json& output);
    void failed(const Error& error);

  private:
    World& world_;
    const std::string token_;
    Time next_beat_{};
};

// What is thrown when nobody waits for a task any more.
Error task_gone();

// Beats for work that does not come up for air by itself, from a thread of its own as long as this
// lives.
class Heartbeats {
  public:
    // Asks `stop` for an end when nobody waits any more. Both outlive this.
    Heartbeats(ActivityTask& task, std::stop_source& stop);
    Heartbeats(const Heartbeats&) = delete;
    Heartbeats& operator=(const Heartbeats&) = delete;

  private:
    std::jthread thread_;
};

}  // namespace lifeboat::cli
