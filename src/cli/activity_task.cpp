#include "cli/activity_task.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/json.h"
#include "base/log.h"

namespace lifeboat::cli {
namespace {

// A heartbeat a minute is what activities usually ask for; this is often enough for half of that.
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::chrono::seconds kLook{3};       // whether one is due
constexpr std::size_t kLongestCause = 32'000;  // Step Functions takes 32768 characters

}  // namespace

bool ActivityTask::beat() {
    const Time now = world_.clock().now();
    if (now < next_beat_) return true;
    next_beat_ = now + kHeartbeat;
    try {
        world_.cloud().call("states", "SendTaskHeartbeat", {{"taskToken", token_}});
    } catch (const Error& e) {
        if (e.code() == "TaskTimedOut" || e.code() == "TaskDoesNotExist") return false;
        log::warning("no heartbeat was taken", {{"error", e.what()}});
    } catch (const std::exception& e) {
        log::warning("no heartbeat could be sent", {{"error", e.what()}});
    }
    return true;
}

void ActivityTask::succeeded(const Json& output) {
    world_.cloud().call("states", "SendTaskSuccess",
                        {{"taskToken", token_}, {"output", to_text(output)}});
}

void ActivityTask::failed(const Error& error) {
    world_.cloud().call("states", "SendTaskFailure",
                        {{"taskToken", token_},
                         {"error", error.code()},
                         {"cause", std::string(error.what()).substr(0, kLongestCause)}});
}

Error task_gone() {
    return Error(ErrorCategory::Cancelled, "TaskGone",
                 "the execution does not wait for this task any more");
}

Heartbeats::Heartbeats(ActivityTask& task, std::stop_source& stop)
    : thread_([&task, &stop](const std::stop_token& ends) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          while (!ends.stop_requested()) {
              if (!task.beat()) {
                  stop.request_stop();
                  return;
              }
              never.wait_for(lock, ends, kLook, [&] { return ends.stop_requested(); });
          }
      }) {}

}  // namespace lifeboat::cli
