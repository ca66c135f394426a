#include "mover/pool.h"

#include <algorithm>
#include <utility>

namespace lifeboat::mover {

Pool::Pool(unsigned workers, std::size_t most_waiting, unsigned most_workers)
    : most_waiting_(most_waiting),
      most_shared_(workers),
      most_workers_(std::max(workers, most_workers)),
      allowed_(workers) {
    for (unsigned i = 0; i < workers; ++i)
        workers_.emplace_back([this, i] { work(i); });
}

void Pool::set_workers(unsigned workers) {
    workers = std::clamp(workers, 1U, most_workers_);
    {
        const std::scoped_lock lock(mutex_);
        allowed_ = workers;
        most_shared_ = workers;
    }
    more_allowed_.notify_all();
    work_came_.notify_all();
    while (workers_.size() < workers) {
        const auto number = static_cast<unsigned>(workers_.size());
        workers_.emplace_back([this, number] { work(number); });
    }
}

bool Pool::has_waiting() {
    const std::scoped_lock lock(mutex_);
    return !is_idle();
}

bool Pool::has_idle() {
    const std::scoped_lock lock(mutex_);
    return is_idle() && idle_ > 0;
}

Pool::~Pool() {
    {
        const std::scoped_lock lock(mutex_);
        closing_ = true;
        allowed_ = most_workers_;
    }
    more_allowed_.notify_all();
    work_came_.notify_all();
}

void Pool::submit(Task task) {
    submit_to(waiting_, most_waiting_, std::move(task));
}

void Pool::share(Task task) {
    submit_to(shared_, most_shared_, std::move(task));
}

void Pool::submit_to(std::vector<Task>& stack, const std::size_t& most, Task task) {
    {
        const std::scoped_lock lock(mutex_);
        ++unfinished_;
        if (stack.size() < most) {
            stack.push_back(std::move(task));
            task = nullptr;
        }
    }
    if (task)
        run(task);
    else
        work_came_.notify_one();
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
            while (true) {
                if (closing_ && is_idle()) return;
                if (number >= allowed_) {
                    more_allowed_.wait(lock);
                } else if (is_idle()) {
                    ++idle_;
                    work_came_.wait(lock);
                    --idle_;
                } else {
                    break;
                }
            }
            std::vector<Task>& stack = waiting_.empty() ? shared_ : waiting_;
            task = std::move(stack.back());
            stack.pop_back();
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
