#include "server/worker_pool.h"

#include <system_error>
#include <utility>

#include "base/log.h"

namespace lifeboat::server {

WorkerPool::WorkerPool(std::size_t most_threads, std::size_t longest_queue)
    : most_threads_(most_threads), longest_queue_(longest_queue) {}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::post(std::function<void()> task) {
    const std::scoped_lock lock(mutex_);
    if (stopped_) return false;
    if (queue_.size() >= idle_) {
        if (threads_.size() < most_threads_)
            add_thread();
        else if (queue_.size() >= idle_ + longest_queue_)
            return false;
        if (threads_.empty()) return false;
    }
    queue_.push_back(std::move(task));
    changed_.notify_one();
    return true;
}

void WorkerPool::add_thread() {
    try {
        threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& e) {
        // The threads that are there serve the queue; without any, post() refuses.
        log::warning("a worker thread could not be started", {{"error", e.what()}});
    }
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        changed_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
        --idle_;
        if (stopped_) return;
        std::function<void()> task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

void WorkerPool::stop() {
    std::vector<std::thread> threads;
    std::deque<std::function<void()>> dropped;
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        threads.swap(threads_);
        dropped.swap(queue_);
        changed_.notify_all();
    }
    for (std::thread& thread : threads)
        thread.join();
}

std::size_t WorkerPool::running() const {
    const std::scoped_lock lock(mutex_);
    return threads_.size() - idle_;
}

std::size_t WorkerPool::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

}  // namespace lifeboat::server
