// Remembers what a source of credentials said, and asks it again before they expire.
//
// Many threads may need credentials at the same time; one of them asks the source, the others go on
// with what is still valid, or wait for the one and share what it gets where nothing is. A source
// that fails while the old credentials are valid is tried again a minute later; so is one that
// hands out credentials which are about to expire or have expired, as instance metadata does when
// it is itself cut off.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/error.h"
#include "cloud/credentials.h"

namespace lifeboat::cloud {

class RefreshingCredentials final : public CredentialsProvider {
  public:
    // `clock` outlives this.
    RefreshingCredentials(std::unique_ptr<CredentialsProvider> source, const Clock& clock);

    // That there are none is not remembered.
    std::optional<Credentials> find() override;
    void forget(const Credentials& credentials) override;

  private:
    bool is_usable(Time now) const;
    void ask(std::unique_lock<std::mutex>& lock);

    const std::unique_ptr<CredentialsProvider> source_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable answered_;
    bool asking_ = false;
    std::optional<Error> failure_;  // of the last time the source was asked
    std::optional<Credentials> known_;
    Time ask_from_{};  // the first time at which to ask again
};

}  // namespace lifeboat::cloud
