// Things that are lent to one thread at a time and kept for the next: making one costs more than
// what it is used for often does.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lifeboat::vault {

template <class T>
class Spares {
  public:
    using Make = std::function<std::unique_ptr<T>()>;
    explicit Spares(Make make) : make_(std::move(make)) {}

    // Calls `work` with one that nobody else has meanwhile.
    template <class Work>
    auto with(Work work) {
        struct Loan {
            Spares& spares;
            std::unique_ptr<T> item;
            ~Loan() {
                const std::scoped_lock lock(spares.mutex_);
                spares.idle_.push_back(std::move(item));
            }
        } loan{*this, take()};
        return work(*loan.item);
    }

    // Calls `work` with each. None is lent meanwhile.
    template <class Work>
    void each(Work work) {
        for (const auto& item : idle_)
            work(*item);
    }

  private:
    std::unique_ptr<T> take() {
        {
            const std::scoped_lock lock(mutex_);
            if (!idle_.empty()) {
                auto item = std::move(idle_.back());
                idle_.pop_back();
                return item;
            }
        }
        return make_();
    }

    const Make make_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace lifeboat::vault
