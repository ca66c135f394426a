#include "mover/ranges.h"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

namespace lifeboat::mover {
namespace {

using Work = std::function<void(std::uint64_t begin, std::uint64_t end)>;

// How often this thread gave its processor away because it had to wait.
long times_waited() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

// Outlives the call where a helper comes too late.
class Ranges : public std::enable_shared_from_this<Ranges> {
  public:
    Ranges(Pool& pool, std::uint64_t size, std::uint64_t step, Help when, const Work& work)
        : pool_(pool), size_(size), step_(step), when_(when), work_(work) {}

    void help() {
        std::unique_lock lock(mutex_);
        ++active_;
        bool steps_wait = when_ == Help::AtOnce;
        while (next_ < size_ && !failure_) {
            const std::uint64_t begin = next_;
            next_ = std::min(size_, begin + step_);
            const std::uint64_t end = next_;
            const bool is_last = end == size_;
            lock.unlock();
            if (!is_last && steps_wait && pool_.has_idle())
                pool_.share([self = shared_from_this()] { self->help(); });
            std::exception_ptr failure;
            const long waited = times_waited();
            try {
                work_(begin, end);
            } catch (...) {
                failure = std::current_exception();
            }
            steps_wait = when_ == Help::AtOnce || times_waited() > waited;
            lock.lock();
            if (failure && !failure_) failure_ = failure;
        }
        if (--active_ == 0) nobody_works_.notify_all();
    }

    void finish() {
        std::unique_lock lock(mutex_);
        nobody_works_.wait(lock, [this] { return active_ == 0; });
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    Pool& pool_;
    const std::uint64_t size_;
    const std::uint64_t step_;
    const Help when_;
    const Work& work_;  // not used once nothing is left to do
    std::mutex mutex_;
    std::condition_variable nobody_works_;
    std::uint64_t next_ = 0;
    unsigned active_ = 0;
    std::exception_ptr failure_;
};

}  // namespace

void for_each_range(Pool& pool, std::uint64_t size, std::uint64_t step, Help when,
                    const Work& work) {
    const auto ranges = std::make_shared<Ranges>(pool, size, step, when, work);
    ranges->help();
    ranges->finish();
}

}  // namespace lifeboat::mover
