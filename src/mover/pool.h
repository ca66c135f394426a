// A fixed number of workers and a short stack of work.
//
// The newest work is done first, so a tree is walked depth first and few directories are open at a
// time. When the stack is full, whoever brings more does it himself: memory stays flat however wide
// a tree is.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lifeboat::mover {

class Pool {
  public:
    using Task = std::function<void()>;

    Pool(unsigned workers, std::size_t most_waiting);
    // Finishes what was submitted.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // From any thread, workers too. Runs the task at once in the caller when the stack is full.
    void submit(Task task);

    // Waits until all work is done or `longest` has passed; true when all is done. Rethrows the
    // first exception that escaped from a task.
    bool wait_for(std::chrono::milliseconds longest);

  private:
    void work();
    void run(const Task& task);

    std::mutex mutex_;
    std::condition_variable work_came_;
    std::condition_variable all_done_;
    std::vector<Task> waiting_;
    std::size_t most_waiting_;
    std::size_t unfinished_ = 0;
    bool closing_ = false;
    std::exception_ptr failure_;
    std::vector<std::jthread> workers_;  // last: ends before what it uses
};

}  // namespace lifeboat::mover
