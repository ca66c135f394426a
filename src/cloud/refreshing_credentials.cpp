#include "cloud/refreshing_credentials.h"

#include "base/error.h"
#include "base/log.h"

namespace lifeboat::cloud {
namespace {

// The AWS SDKs begin five minutes before; within the last minute nobody starts a call with the old
// ones.
constexpr std::chrono::minutes kRefreshBefore{5};
constexpr std::chrono::minutes kTooLateBefore{1};
constexpr std::chrono::minutes kBetweenTries{1};

}  // namespace

RefreshingCredentials::RefreshingCredentials(std::unique_ptr<CredentialsProvider> source,
                                             const Clock& clock)
    : source_(std::move(source)), clock_(clock) {}

bool RefreshingCredentials::is_usable(Time now) const {
    return known_ &&
           (!known_->expiration || now < *known_->expiration - kTooLateBefore || now < ask_from_);
}

std::optional<Credentials> RefreshingCredentials::find() {
    std::unique_lock lock(mutex_);
    const Time now = clock_.now();
    if (asking_) {
        if (is_usable(now)) return known_;
        // Not by the clock handed in: this ends when the asking thread is done, which is bounded.
        while (asking_)
            answered_.wait(lock);
        if (!known_ && failure_) throw Error(*failure_);
        return known_;
    }
    if (!known_ || (known_->expiration && now >= ask_from_)) ask(lock);
    return known_;
}

void RefreshingCredentials::ask(std::unique_lock<std::mutex>& lock) {
    asking_ = true;
    lock.unlock();
    std::optional<Credentials> found;
    std::optional<Error> failure;
    try {
        found = source_->find();
    } catch (const Error& e) {
        failure = e;
    } catch (const std::exception& e) {
        failure = Error(ErrorCategory::Internal, "InternalFailure", e.what());
    }
    lock.lock();
    asking_ = false;
    answered_.notify_all();
    failure_ = failure;
    const Time now = clock_.now();
    if (found) {
        known_ = std::move(found);
        ask_from_ = now + kBetweenTries;
        if (known_->expiration)
            ask_from_ = std::max<Time>(ask_from_, *known_->expiration - kRefreshBefore);
        return;
    }
    if (known_ && (!known_->expiration || now < *known_->expiration)) {
        ask_from_ = now + kBetweenTries;
        log::warning("credentials were not refreshed; the old ones are still used",
                     {{"error", failure ? failure->what() : "the source has none any more"}});
        return;
    }
    known_.reset();
    if (failure) throw Error(*failure);
}

void RefreshingCredentials::forget(const Credentials& credentials) {
    source_->forget(credentials);
    const std::scoped_lock lock(mutex_);
    if (known_ && known_->access_key_id == credentials.access_key_id &&
        known_->session_token == credentials.session_token)
        known_.reset();
}

}  // namespace lifeboat::cloud
