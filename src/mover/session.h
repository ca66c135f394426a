// What all runs have in common, whatever they copy: workers and how many of them, counters,
// progress, and the report in the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "mover/crew.h"
#include "mover/filter.h"
#include "mover/options.h"
#include "mover/report.h"
#include "mover/run.h"
#include "mover/surroundings.h"

namespace lifeboat::mover {

class Session {
  public:
    // What is referred to outlives the session.
    Session(const Options& options, const Filter& filter, const Surroundings& around);

    Run& run() { return run_; }
    Counters& counters() { return counters_; }
    Failures& failures() { return failures_; }
    Report& report() { return report_; }
    const Surroundings& around() const { return around_; }

    bool stopped() const { return stop_.stop_requested(); }
    // Of all that happened so far.
    PhaseStatus status() const;
    // From now on the listener hears of each action.
    void tell_actions() { run_.on_action = around_.on_action; }

    // Calls `start`, which gives the pool its work, and waits until nothing is left; tells progress
    // and adjusts the crew meanwhile. Returns how long it took. Throws what a task threw, or what
    // the listener of the progress did: the run is stopped then, and nobody works any more.
    std::chrono::milliseconds pass(Phase phase, const Failures& failures,
                                   const std::function<void()>& start);
    std::chrono::milliseconds since(Time began) const;

    // Names a manifest lists and no pass found, as failures of the transfer.
    void add_missing();
    Report finish();

  private:
    void wait(Phase phase, const Failures& failures);
    void finish_work() noexcept;
    void adjust_crew(const Failures& failures);
    void tell(Phase phase) const;

    const Surroundings& around_;
    std::stop_source stop_;
    const std::stop_callback<std::function<void()>> asked_to_stop_;  // passes it on
    Counters counters_;
    Failures failures_;
    Bandwidth own_bandwidth_;
    Pool pool_;
    Run run_;
    Crew crew_;
    std::chrono::nanoseconds sampled_{0};
    std::chrono::nanoseconds used_{0};
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    Time started_;
    Report report_;
};

}  // namespace lifeboat::mover
