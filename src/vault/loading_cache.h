// Values that take work to get, kept while there is room: whoever asks first loads, the others who
// ask meanwhile wait for what he gets. What was not asked for longest goes first.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "vault/id.h"

namespace lifeboat::vault {

template <class Value>
class LoadingCache {
  public:
    using Pointer = std::shared_ptr<const Value>;
    struct Loaded {
        Pointer value;
        std::size_t bytes = 0;  // the room it takes
    };

    // Keeps `room` bytes at most, or the newest alone when it is larger than that. What somebody
    // still holds is not counted once it is not kept.
    explicit LoadingCache(std::size_t room) : room_(room) {}

    // The value of `id`, by `load()` -> Loaded when it is not there. What that throws reaches all
    // who wait, and nothing is kept. Thread-safe; `load` may not ask this cache for the same id.
    template <class Load>
    Pointer get(const Id& id, Load&& load) {
        std::unique_lock lock(mutex_);
        if (const auto at = kept_.find(id); at != kept_.end()) {
            order_.splice(order_.end(), order_, at->second.place);
            return at->second.value;
        }
        if (const auto at = loading_.find(id); at != loading_.end()) return wait(lock, at->second);
        const auto mine = std::make_shared<Loading>();
        loading_.emplace(id, mine);
        lock.unlock();
        Loaded loaded;
        std::optional<Error> failure;
        try {
            loaded = load();
        } catch (const Error& error) {
            failure = error;
        } catch (const std::exception& error) {
            failure = Error(ErrorCategory::Internal, "InternalFailure", error.what());
        }
        lock.lock();
        loading_.erase(id);
        mine->value = loaded.value;
        mine->failure = failure;
        mine->is_done = true;
        done_.notify_all();
        if (failure) throw Error(*failure);
        keep(id, loaded);
        return loaded.value;
    }

    // Is it there, or on its way?
    bool has(const Id& id) const {
        const std::scoped_lock lock(mutex_);
        return kept_.contains(id) || loading_.contains(id);
    }
    // Of all that is kept.
    std::size_t bytes() const {
        const std::scoped_lock lock(mutex_);
        return bytes_;
    }

  private:
    struct Loading {
        bool is_done = false;
        Pointer value;
        std::optional<Error> failure;
    };
    struct Kept {
        Pointer value;
        std::size_t bytes;
        std::list<Id>::iterator place;
    };

    Pointer wait(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Loading> other) {
        done_.wait(lock, [&] { return other->is_done; });
        if (other->failure) throw Error(*other->failure);
        return other->value;
    }
    void keep(const Id& id, const Loaded& loaded) {
        while (!kept_.empty() && bytes_ + loaded.bytes > room_) {
            const auto oldest = kept_.find(order_.front());
            bytes_ -= oldest->second.bytes;
            kept_.erase(oldest);
            order_.pop_front();
        }
        kept_.emplace(id, Kept{loaded.value, loaded.bytes, order_.insert(order_.end(), id)});
        bytes_ += loaded.bytes;
    }

    const std::size_t room_;
    mutable std::mutex mutex_;
    std::condition_variable done_;
    std::unordered_map<Id, std::shared_ptr<Loading>, IdHash> loading_;
    std::unordered_map<Id, Kept, IdHash> kept_;
    std::list<Id> order_;  // what was asked for longest ago first
    std::size_t bytes_ = 0;
};

}  // namespace lifeboat::vault
