#include "vault/retrying_store.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/pause.h"

namespace lifeboat::vault {

void RetryingStore::wait(int tries, const Error& reason) {
    const Duration delay = options_.backoff.delay_after(tries, random_);
    log::debug("a call of a store is repeated",
               {{"error", reason.what()}, {"delay_us", std::to_string(delay.count())}});
    pause(clock_, delay);
}

template <class Action>
auto RetryingStore::repeat(Action&& action) {
    for (int tries = 1;; ++tries) {
        try {
            return action(tries);
        } catch (Error& error) {
            if (!is_retryable(error)) throw;
            if (tries >= options_.most_tries)
                throw error.within("trying " + std::to_string(tries) + " times");
            wait(tries, error);
        }
    }
}

void RetryingStore::each(FileKind kind,
                         const std::function<void(const std::string&, std::uint64_t)>& visit) {
    // Whole before the first visit, so that what the visitor throws is never taken for the store's.
    std::vector<std::pair<std::string, std::uint64_t>> found;
    repeat([&](int) {
        found.clear();
        inner_->each(kind, [&](const std::string& name, std::uint64_t size) {
            found.emplace_back(name, size);
        });
    });
    for (const auto& [name, size] : found)
        visit(name, size);
}

std::optional<std::uint64_t> RetryingStore::size(FileKind kind, const std::string& name) {
    return repeat([&](int) { return inner_->size(kind, name); });
}

std::string RetryingStore::load(FileKind kind, const std::string& name) {
    return repeat([&](int) { return inner_->load(kind, name); });
}

void RetryingStore::load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                         std::size_t length) {
    repeat([&](int) { inner_->load(kind, name, offset, out, length); });
}

void RetryingStore::save(FileKind kind, const std::string& name, std::string_view content) {
    repeat([&](int tries) {
        try {
            inner_->save(kind, name, content);
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::AlreadyExists || tries == 1) throw;
            if (inner_->load(kind, name) != content) throw;
        }
    });
}

void RetryingStore::remove(FileKind kind, const std::string& name) {
    repeat([&](int) { inner_->remove(kind, name); });
}

}  // namespace lifeboat::vault
