// Does small pieces of work in advance, in threads of its own, or not at all: when there is too
// much, what was asked for first is dropped. Nobody waits for it and nobody hears of its failures.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lifeboat::vault {

class ReadAhead {
  public:
    ReadAhead(unsigned threads, std::size_t most_waiting);
    // Drops what waits.
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    // Thread-safe.
    void submit(std::function<void()> task);

  private:
    void work(const std::stop_token& stop);

    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable_any work_came_;
    std::deque<std::function<void()>> waiting_;
    std::vector<std::jthread> threads_;  // last: ends before what it uses
};

}  // namespace lifeboat::vault
