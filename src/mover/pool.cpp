#include "mover/pool.h"

#include <algorithm>
#include <utility>

namespace lifeboat::mover {

Pool::Pool(unsigned workers, std::size_t most_waiting, unsigned most_workers)
    : most_waiting_(most_waiting),
      most_workers_(std::max(workers, most_workers)),
      allowed_(workers),
      started_(workers) {
    for (unsigned i = 0; i < workers; ++i)
        workers_.emplace_back([this, i] { work(i); });
}

void Pool::set_workers(unsigned workers) {
    workers = std::clamp(workers, 1U, most_workers_);
    {
        const std::scoped_lock lock(mutex_);
        allowed_ = workers;
        started_ = std::max(started_, workers);
    }
    work_came_.notify_all();
    while (workers_.size() < workers) {
        const auto number = static_cast<unsigned>(workers_.size());
        workers_.emplace_back([this, number] { work(number); });
    }
}

bool Pool::has_waiting() {
    const std::scoped_lock lock(mutex_);
    return !waiting_.empty();
}

Pool::~Pool() {
    {
        const std::scoped_lock lock(mutex_);
        closing_ = true;
        allowed_ = most_workers_;
    }
    work_came_.notify_all();
}

void Pool::submit(Task task) {
    {
        std::unique_lock lock(mutex_);
        ++unfinished_;
        if (waiting_.size() < most_waiting_) {
            waiting_.push_back(std::move(task));
            // One that may not work now must not swallow the call.
            const bool some_rest = started_ > allowed_;
            lock.unlock();
            if (some_rest)
                work_came_.notify_all();
            else
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

void Pool::work(unsigned number) {
    while (true) {
        Task task;
        {
            std::unique_lock lock(mutex_);
            work_came_.wait(lock, [&] {
                return (closing_ && waiting_.empty()) || (!waiting_.empty() && number < allowed_);
            });
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
