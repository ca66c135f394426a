// Threads for work that may block, started as they are needed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lifeboat::server {

class WorkerPool {
  public:
    // At most `most_threads` run and `longest_queue` tasks wait for one.
    WorkerPool(std::size_t most_threads, std::size_t longest_queue);
    // As stop().
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // False when the queue is full or the pool stopped: the task will not run. Tasks must not
    // throw.
    bool post(std::function<void()> task);
    // Drops what waits, lets what runs finish, joins. Idempotent; not from a task.
    void stop();

    std::size_t running() const;
    std::size_t waiting() const;

  private:
    void add_thread();
    void work();

    const std::size_t most_threads_;
    const std::size_t longest_queue_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopped_ = false;
};

}  // namespace lifeboat::server
