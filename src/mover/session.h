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
#include "mover/removal.h"
#include "mover/report.h"
#include "mover/run.h"
#include "mover/surroundings.h"

namespace lifeboat::mover {

// What a copy consists of, whichever way it goes. Each returns how long it took.
struct Passes {
    // With Effect::Look nothing is changed: what would be done is counted and told.
    std::function<std::chrono::milliseconds(Phase, Effect, Failures&)> transfer;
    // Compares both sides afterwards.
    std::function<std::chrono::milliseconds(Failures&)> check;
};

class Session {
  public:
    // What is referred to outlives the session.
    Session(const Options& options, const Filter& filter, const Surroundings& around);

    Run& run() { return run_; }
    Failures& failures() { return failures_; }
    const Surroundings& around() const { return around_; }

    // Makes the passes that the options ask for, or with Effect::Look the one that only looks.
    // Throws as pass(), and InvalidInput for PreserveDeletedFiles REMOVE with a manifest: what it
    // does not name is not gone.
    Report copy(Effect effect, const Passes& passes);

    // Calls `start`, which gives the pool its work, and waits until nothing is left; tells progress
    // and adjusts the crew meanwhile. Returns how long it took. Throws what a task threw, or what
    // the listener of the progress did: the run is stopped then, and nobody works any more.
    std::chrono::milliseconds pass(Phase phase, const Failures& failures,
                                   const std::function<void()>& start);
    std::chrono::milliseconds since(Time began) const;

  private:
    bool stopped() const { return stop_.stop_requested(); }
    // Of all that happened so far.
    PhaseStatus status() const;
    // From now on the listener hears of each action.
    void tell_actions() { run_.on_action = around_.on_action; }
    void check(const Passes& passes);
    // Names a manifest lists and no pass found, as failures of the transfer.
    void add_missing();
    Report finish();
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
