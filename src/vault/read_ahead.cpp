#include "vault/read_ahead.h"

#include "base/error.h"

namespace lifeboat::vault {

ReadAhead::ReadAhead(unsigned threads, std::size_t most_waiting) : most_waiting_(most_waiting) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

ReadAhead::~ReadAhead() {
    // All are told before one is waited for: the others would begin what waits meanwhile.
    for (std::jthread& thread : threads_)
        thread.request_stop();
    std::deque<std::function<void()>> dropped;
    {
        const std::scoped_lock lock(mutex_);
        dropped.swap(waiting_);
    }
}

void ReadAhead::submit(std::function<void()> task) {
    {
        const std::scoped_lock lock(mutex_);
        if (waiting_.size() >= most_waiting_) waiting_.pop_front();
        waiting_.push_back(std::move(task));
    }
    work_came_.notify_one();
}

void ReadAhead::work(const std::stop_token& stop) {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            if (!work_came_.wait(lock, stop, [&] { return !waiting_.empty(); })) return;
            if (stop.stop_requested()) return;
            task = std::move(waiting_.front());
            waiting_.pop_front();
        }
        try {
            task();
        } catch (const std::exception&) {
            // Whoever needs it tries again, and hears why not.
        }
    }
}

}  // namespace lifeboat::vault
