// Repeats what failed for a reason that may pass (base/error.h: is_retryable), with growing delays.
// All calls of a store may be repeated: saving and removing twice is saving and removing once.
#pragma once

#include <memory>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "vault/store.h"

namespace lifeboat::vault {

struct RetryOptions {
    int most_tries = 6;
    Backoff backoff{std::chrono::milliseconds(200), 2.0, std::chrono::seconds(10)};
};

class RetryingStore final : public Store {
  public:
    // Owns `inner`; what is referred to outlives the store.
    RetryingStore(std::unique_ptr<Store> inner, const RetryOptions& options, const Clock& clock,
                  Random& random)
        : inner_(std::move(inner)), options_(options), clock_(clock), random_(random) {}

    // A listing that breaks is begun again; what is visited comes from a whole one.
    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override;
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override;
    std::string load(FileKind kind, const std::string& name) override;
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override;
    // A first try that succeeded without our hearing of it makes a second one of a configuration
    // AlreadyExists; then what is there is compared.
    void save(FileKind kind, const std::string& name, std::string_view content) override;
    void remove(FileKind kind, const std::string& name) override;
    Tiers* tiers() override { return inner_->tiers(); }

  private:
    template <class Action>
    auto repeat(Action&& action);
    void wait(int tries, const Error& reason);

    const std::unique_ptr<Store> inner_;
    const RetryOptions options_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace lifeboat::vault
