#include "cloud/retry.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace lifeboat::aws {
namespace {

// The SDKs' constants: what remains of the rate after a throttle, how fast it grows again, and how
// much the newest half second weighs.
constexpr double kBeta = 0.7;
constexpr double kScale = 0.4;
constexpr double kSmooth = 0.8;
constexpr double kSlowest = 0.5;  // sends a second

double seconds(Time time) {
    return static_cast<double>(to_epoch_micros(time)) / 1e6;
}

Error invalid(const std::string& setting, const std::string& value, const std::string& choices) {
    return Error(ErrorCategory::InvalidInput, "InvalidRetrySetting",
                 setting + " is '" + value + "'; it is " + choices);
}

}  // namespace

RetryOptions RetryOptions::from(const os::Environment& environment, const cloud::Profile& profile) {
    RetryOptions options;
    const std::string mode =
        os::get(environment, "AWS_RETRY_MODE").value_or(profile.get("retry_mode"));
    if (mode == "adaptive")
        options.mode = RetryMode::Adaptive;
    else if (!mode.empty() && mode != "standard" && mode != "legacy")
        throw invalid("AWS_RETRY_MODE (retry_mode)", mode, "standard or adaptive");
    const std::string tries =
        os::get(environment, "AWS_MAX_ATTEMPTS").value_or(profile.get("max_attempts"));
    if (!tries.empty()) {
        const auto [end, problem] =
            std::from_chars(tries.data(), tries.data() + tries.size(), options.most_tries);
        if (problem != std::errc() || end != tries.data() + tries.size() || options.most_tries < 1)
            throw invalid("AWS_MAX_ATTEMPTS (max_attempts)", tries, "a number from 1");
    }
    return options;
}

bool RetryQuota::take(int cost) {
    const std::scoped_lock lock(mutex_);
    if (left_ < cost) return false;
    left_ -= cost;
    return true;
}

void RetryQuota::give(int amount) {
    const std::scoped_lock lock(mutex_);
    left_ = std::min(left_ + amount, kCapacity);
}

Duration SendingRate::take(Time time) {
    const std::scoped_lock lock(mutex_);
    if (!limited_) return Duration(0);
    refill(seconds(time));
    tokens_ -= 1;
    if (tokens_ >= 0) return Duration(0);
    return Duration(static_cast<std::int64_t>(-tokens_ / rate_ * 1e6));
}

void SendingRate::succeeded(Time time) {
    const std::scoped_lock lock(mutex_);
    const double now = seconds(time);
    measure(now);
    if (!limited_) return;
    const double window = std::cbrt(most_ * (1 - kBeta) / kScale);
    set(kScale * std::pow(now - throttled_at_ - window, 3) + most_, now);
}

void SendingRate::throttled(Time time) {
    const std::scoped_lock lock(mutex_);
    const double now = seconds(time);
    measure(now);
    most_ = limited_ ? std::min(measured_, rate_) : measured_;
    throttled_at_ = now;
    if (!limited_) filled_at_ = now;
    limited_ = true;
    set(most_ * kBeta, now);
}

void SendingRate::refill(double now) {
    tokens_ = std::min(capacity_, tokens_ + std::max(0.0, now - filled_at_) * rate_);
    filled_at_ = std::max(filled_at_, now);
}

void SendingRate::measure(double now) {
    const double bucket = std::floor(now * 2) / 2;
    if (bucket_ < 0) bucket_ = bucket;
    ++sends_;
    if (bucket <= bucket_) return;
    measured_ = sends_ / (bucket - bucket_) * kSmooth + measured_ * (1 - kSmooth);
    sends_ = 0;
    bucket_ = bucket;
}

void SendingRate::set(double rate, double now) {
    refill(now);
    rate_ = std::max(std::min(rate, 2 * measured_), kSlowest);
    capacity_ = std::max(rate_, 1.0);
    tokens_ = std::min(tokens_, capacity_);
}

}  // namespace lifeboat::aws
