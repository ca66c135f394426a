// Workers, as many as are of use, and two short stacks of work.
//
// Work that leads to more (directories) goes before parts of what somebody is busy with (files of
// one directory): each worker has a directory to himself as long as there are enough, and they do
// not wait for each other inside the kernel. The newest goes first, so a tree is walked depth first
// and few directories are open at a time. When a stack is full, whoever brings more does it
// himself: memory stays flat however wide a tree is.
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

    // `most_workers` bounds grow(). Starts with `workers`.
    Pool(unsigned workers, std::size_t most_waiting, unsigned most_workers = 0);
    // Finishes what was submitted.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // From any thread, workers too. Runs the task at once in the caller when the stack is full.
    void submit(Task task);
    // For a part of what the caller does: taken by others when nothing else is left, and only as
    // many wait as there are workers.
    void share(Task task);

    // How many work at a time from now on, at least 1, at most what the constructor allows. Not
    // from workers, and from one thread at a time.
    void set_workers(unsigned workers);
    // There is more work than workers.
    bool has_waiting();
    // Somebody who may work has nothing to do.
    bool has_idle();

    // Waits until all work is done or `longest` has passed; true when all is done. Rethrows the
    // first exception that escaped from a task.
    bool wait_for(std::chrono::milliseconds longest);

  private:
    // `most` is read under the lock.
    void submit_to(std::vector<Task>& stack, const std::size_t& most, Task task);
    void work(unsigned number);
    void run(const Task& task);
    bool is_idle() const { return waiting_.empty() && shared_.empty(); }

    std::mutex mutex_;
    std::condition_variable work_came_;     // for those who may work now
    std::condition_variable more_allowed_;  // for the others
    std::condition_variable all_done_;
    std::vector<Task> waiting_;
    std::vector<Task> shared_;
    std::size_t most_waiting_;
    std::size_t most_shared_;
    unsigned most_workers_;
    unsigned allowed_;
    unsigned idle_ = 0;
    std::size_t unfinished_ = 0;
    bool closing_ = false;
    std::exception_ptr failure_;
    std::vector<std::jthread> workers_;  // last: ends before what it uses
};

}  // namespace lifeboat::mover
