// Durable background work. Whatever must still happen after a crash is a job: a row that is written
// in the same transaction as the change that asks for it, and goes in the same transaction as the
// last change the work makes. Between the two a job may run more than once (at least once);
// handlers are idempotent.
//
// A job without a key is one piece of work. A job with a key is at most one per (kind, key): asking
// again while it waits moves it forward; asking while it runs makes it run once more afterwards.
// Two runs of one job never overlap. Handlers must tolerate a run with nothing to do.
//
// When the clock is set back - while it runs, or while nothing does - what waits is due that much
// earlier, so that it waits as long as it would have (job_clock.h); what is asked for afterwards
// is not. A handler that waits for a moment must therefore look whether it has come.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "local/database.h"
#include "local/job_clock.h"

namespace lifeboat::local {

struct Job {
    std::int64_t id = 0;
    std::string kind;
    std::string key;  // empty: none
    std::shared_ptr<const Json> payload;
    int attempt = 1;  // counts runs since the last that did not throw
    Time due;
};

// How a run ended. Throwing instead means: back off and try again (JobPolicy), except
// Error{Cancelled}, which leaves the job as it is (the process is stopping).
struct JobResult {
    // Runs in the transaction that ends this run; optional.
    std::function<void(Transaction&)> commit;
    // Nothing: the job is finished. A time: it runs again then.
    std::optional<Time> again;
    // With `again`: the payload of the next run, when it changes.
    std::shared_ptr<const Json> payload;
};

JobResult finished(std::function<void(Transaction&)> commit = {});
JobResult again_at(Time due, std::function<void(Transaction&)> commit = {});

struct JobPolicy {
    // Runs of this kind at the same time.
    int concurrency = 8;
    // Delay after a run that threw.
    Backoff backoff{std::chrono::milliseconds(200), 2.0, std::chrono::seconds(60)};
    // Of what is due, the job that has been so longest runs first; this kind counts as due so much
    // longer. For what others wait for (an event's delivery) before what they ask for in great
    // numbers (an execution's steps). A head start, not a rank: nothing waits for ever.
    Duration head_start{0};
};

// Of the kinds that bring an event to its function.
inline constexpr std::chrono::seconds kEventHeadStart{30};

class Jobs {
  public:
    using Handler = std::function<JobResult(const Job&)>;

    Jobs(Database& database, const Clock& clock, Random& random);
    ~Jobs();

    // Before start(): says who runs jobs of `kind`. Jobs of kinds nobody handles stay where they
    // are.
    void handle(std::string kind, Handler handler, JobPolicy policy = {});

    // Before start(): `follow` is called, by a worker or by start(), when the clock was seen to be
    // set back, with how far. What it writes happens once, whatever crashes: all followers share
    // the transaction that notes that they were told. An Error that one throws is logged, and all
    // of it is tried again; anything else is logged, and the others go on.
    using Follower = std::function<void(Transaction&, Duration by)>;
    void when_clock_is_set_back(Follower follow);

    // Adds a job within the caller's transaction.
    void enqueue(Transaction& tx, std::string_view kind, std::string_view key, const Json& payload,
                 Time due);
    // Removes a keyed job; a run under way still ends.
    void cancel(Transaction& tx, std::string_view kind, std::string_view key);

    // Starts `threads` workers, with the jobs that the last process left.
    void start(int threads);
    // Asks running handlers to stop (stop_token) and joins the workers. Waiting jobs stay.
    void stop();
    // Long handlers look at it and end early with Error{Cancelled}.
    std::stop_token stop_token() const;

    // Waits until no job is running or due. False when `patience` (real time) ran out first.
    bool settle(std::chrono::milliseconds patience);

    // For metrics.
    struct Counts {
        std::size_t waiting = 0;
        std::size_t running = 0;
    };
    std::map<std::string, Counts> counts() const;

  private:
    using Slot = std::pair<Time, std::int64_t>;  // due, id
    struct Kind {
        Handler handler;
        JobPolicy policy;
        std::set<Slot> waiting;
        int running = 0;
    };

    void load();
    void work();
    // Whether the clock was set back; the lock was then given up for a while.
    bool follow_clock(std::unique_lock<std::mutex>& lock);
    void tell_followers();
    // Makes all that waits due earlier, up to that sum of the job clock.
    void follow_locked(Duration sum);
    std::optional<std::pair<std::string, std::int64_t>> next(std::unique_lock<std::mutex>& lock);
    void run(const std::string& kind_name, std::int64_t id);
    // When a row is due, and the sum of the job clock by which that was written.
    struct Due {
        Time at;
        Duration followed;
    };
    // After a commit: the row `id` waits until `due`. While it runs, that is remembered for its
    // end.
    void place(const std::string& kind, std::int64_t id, Due due);
    void place_locked(const std::string& kind, std::int64_t id, Due due);  // with mutex_ held
    Time caught_up(Due due);                                               // with mutex_ held
    void displace(const std::string& kind, std::int64_t id);

    Database& database_;
    const Clock& clock_;
    Random& random_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable idle_;
    std::map<std::string, Kind, std::less<>> kinds_;
    std::map<std::int64_t, Time> due_by_id_;  // of waiting jobs
    std::set<std::int64_t> running_;
    std::map<std::int64_t, Time> asked_while_running_;
    JobClock job_clock_;
    // Sums of the job clock: what all times here have followed, what the followers were told.
    Duration followed_{0}, told_{0};
    bool is_telling_ = false;         // a thread tells the followers
    std::optional<Time> tell_again_;  // after it failed
    std::vector<Follower> followers_;
    std::stop_source stop_;
    std::vector<std::thread> threads_;
};

}  // namespace lifeboat::local
