// How often and how fast a client repeats what failed: the SDKs' standard and adaptive modes.
//
// Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/backoff.h"
#include "base/clock.h"
#include "cloud/shared_config.h"
#include "os/environment.h"

namespace lifeboat::aws {

enum class RetryMode {
    Standard,  // a quota keeps a client from repeating much when much fails
    Adaptive,  // and its first tries are slowed down, too, when it is throttled
};

struct RetryOptions {
    RetryMode mode = RetryMode::Standard;
    int most_tries = 3;
    Backoff backoff{std::chrono::milliseconds(200), 2.0, std::chrono::seconds(20)};

    // AWS_RETRY_MODE and AWS_MAX_ATTEMPTS, or the profile's retry_mode and max_attempts. Throws
    // Error{InvalidInput, "InvalidRetrySetting"} naming the setting.
    static RetryOptions from(const os::Environment& environment, const cloud::Profile& profile);
};

// A budget of repetitions, shared by the calls to one service: each costs, each success refunds.
// Thread-safe.
class RetryQuota {
  public:
    static constexpr int kCapacity = 500;
    static constexpr int kCost = 5;
    static constexpr int kTimeoutCost = 10;
    static constexpr int kSuccess = 1;  // what a success at the first try gives back

    // False: there is no budget left, and nothing was taken.
    bool take(int cost);
    void give(int amount);

  private:
    std::mutex mutex_;
    int left_ = kCapacity;
};

// The adaptive mode's brake: unlimited until the first throttle, then a rate which follows TCP's
// CUBIC. Thread-safe.
class SendingRate {
  public:
    // How long to wait before sending; the send is counted as taken.
    Duration take(Time now);
    void succeeded(Time now);
    void throttled(Time now);

  private:
    void refill(double now);
    void measure(double now);
    void set(double rate, double now);

    std::mutex mutex_;
    bool limited_ = false;
    double rate_ = 0;  // sends a second
    double capacity_ = 0;
    double tokens_ = 0;
    double filled_at_ = 0;  // seconds, as all times here
    double measured_ = 0;   // sends a second, smoothed
    double bucket_ = -1;    // start of the half second being counted
    int sends_ = 0;         // in it
    double most_ = 0;       // the rate at the last throttle
    double throttled_at_ = 0;
};

}  // namespace lifeboat::aws
