// How many workers a run should have.
//
// Where data comes from memory, as many as there are processors are best, and more stand in each
// other's way; on a file server, which answers each call after milliseconds, hundreds are. Nobody
// says which it is, so it is tried: while work waits and the processors do not, twice as many are
// taken as long as that helped. A step that did not help is taken back and tried again later, each
// time after twice as long: it may have been the moment.
#pragma once

#include <chrono>
#include <cstdint>

namespace lifeboat::mover {

class Crew {
  public:
    static constexpr unsigned kFewest = 2;
    static constexpr unsigned kMost = 256;

    // Begins with `workers`; never fewer than kFewest nor more than kMost.
    explicit Crew(unsigned workers);

    // What went on since the last sample.
    struct Sample {
        std::chrono::nanoseconds elapsed{0};
        double processors_used = 0;   // processor time by elapsed time by processors, 0 to 1
        std::uint64_t done = 0;       // files and 256 KiB of large ones, any measure of progress
        std::uint64_t overloads = 0;  // Failures::overloads()
        bool work_waits = false;
        bool memory_is_short = false;
    };
    // How many there should be now.
    unsigned adjust(const Sample& sample);

    unsigned workers() const { return workers_; }

  private:
    static constexpr unsigned kFirstPatience = 10;
    static constexpr unsigned kMostPatience = 640;
    void rest();

    unsigned workers_;
    double last_rate_ = 0;  // with `last_workers_`
    unsigned last_workers_ = 0;
    // Samples to let pass before the next step, and how many it will be the time after.
    unsigned resting_ = 0;
    unsigned patience_ = kFirstPatience;
};

}  // namespace lifeboat::mover
