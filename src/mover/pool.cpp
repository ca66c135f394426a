#include "mover/pool.h"

#include <utility>

namespace lifeboat::mover {

Pool::Pool(unsigned workers, std::size_t most_waiting) : most_waiting_(most_waiting) {
    for (unsigned i = 0; i < workers; ++i)
        workers_.emplace_back([this] { work(); });
}

Pool::~Pool() {
    {
        const std::scoped_lock lock(mutex_);
        closing_ = true;
    }
    work_came_.notify_all();
}

void Pool::submit(Task task) {
    {
        std::unique_lock lock(mutex_);
        ++unfinished_;
        if (waiting_.size() < most_waiting_) {
            waiting_.push_back(std::move(task));
            lock.unlock();
            work_came_.notify_one();
            return;
        }
    }
    run(task);
}

void Pool::run(const Task& task) {
    std::exception_ptr failure;
    try {
        task();
    } catch (...) {
        failure = std::current_exception();
    }
    const std::scoped_lock lock(mutex_);
    if (failure && !failure_) failure_ = failure;
    if (--unfinished_ == 0) all_done_.notify_all();
}

void Pool::work() {
    while (true) {
        Task task;
        {
            std::unique_lock lock(mutex_);
            work_came_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            task = std::move(waiting_.back());
            waiting_.pop_back();
        }
        run(task);
    }
}

bool Pool::wait_for(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    const bool done = all_done_.wait_for(lock, longest, [this] { return unfinished_ == 0; });
    if (done && failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return done;
}

}  // namespace lifeboat::mover
