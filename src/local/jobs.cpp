#include "local/jobs.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::local {
namespace {

constexpr auto kSchema =
    "CREATE TABLE job ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " key TEXT,"  // NULL: none, so that any number of them may be
    " payload TEXT NOT NULL,"
    " due INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL DEFAULT 1,"
    " generation INTEGER NOT NULL DEFAULT 0,"  // rises when a keyed job is asked for again
    " last_error TEXT,"
    " UNIQUE (kind, key))";

constexpr auto kTellAgain = std::chrono::seconds(5);

Database& migrated(Database& database) {
    std::vector<std::string> steps = JobClock::schema();
    steps.insert(steps.begin(), kSchema);
    database.migrate("jobs", steps);
    return database;
}

}  // namespace

JobResult finished(std::function<void(Transaction&)> commit) {
    return JobResult{std::move(commit), std::nullopt, nullptr};
}

JobResult again_at(Time due, std::function<void(Transaction&)> commit) {
    return JobResult{std::move(commit), due, nullptr};
}

Jobs::Jobs(Database& database, const Clock& clock, Random& random)
    : database_(migrated(database)), clock_(clock), random_(random), job_clock_(database, clock) {
    database_.read([this](Transaction& tx) {
        followed_ = JobClock::followed(tx);
        told_ = JobClock::told(tx);
    });
}

Jobs::~Jobs() {
    stop();
}

void Jobs::handle(std::string kind, Handler handler, JobPolicy policy) {
    const std::scoped_lock lock(mutex_);
    Kind& entry = kinds_[std::move(kind)];
    entry.handler = std::move(handler);
    entry.policy = policy;
}

void Jobs::when_clock_is_set_back(Follower follow) {
    followers_.push_back(std::move(follow));
}

void Jobs::enqueue(Transaction& tx, std::string_view kind, std::string_view key,
                   const Json& payload, Time due) {
    const std::optional<std::string_view> stored_key =
        key.empty() ? std::nullopt : std::optional(key);
    const Duration followed = job_clock_.keep_up(tx);
    const auto stored = tx.one(
        "INSERT INTO job (kind, key, payload, due) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (kind, key) DO UPDATE SET"
        "  due = min(due, excluded.due), payload = excluded.payload, generation = generation + 1"
        " RETURNING id, due",
        {kind, stored_key, to_text(payload), to_epoch_micros(due)},
        [](const Row& row) { return Slot(from_epoch_micros(row.integer(1)), row.integer(0)); });
    tx.on_commit([this, name = std::string(kind), slot = *stored, followed] {
        place(name, slot.second, {slot.first, followed});
    });
}

void Jobs::cancel(Transaction& tx, std::string_view kind, std::string_view key) {
    const auto id = tx.one("DELETE FROM job WHERE kind = ?1 AND key = ?2 RETURNING id", {kind, key},
                           [](const Row& row) { return row.integer(0); });
    if (id) tx.on_commit([this, name = std::string(kind), id = *id] { displace(name, id); });
}

void Jobs::start(int threads) {
    load();
    std::unique_lock lock(mutex_);
    follow_clock(lock);  // it may have been set back while nothing ran
    for (int i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

void Jobs::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stop_.request_stop();
        changed_.notify_all();
        idle_.notify_all();
    }
    if (threads_.empty()) return;
    for (std::thread& thread : threads_)
        thread.join();
    threads_.clear();
    try {
        job_clock_.note();
    } catch (const std::exception& e) {
        log::warning("the time could not be kept for the next start", {{"error", e.what()}});
    }
}

std::stop_token Jobs::stop_token() const {
    return stop_.get_token();
}

void Jobs::load() {
    std::vector<std::tuple<std::string, std::int64_t, Time>> jobs;
    Duration followed{0};
    database_.read([&](Transaction& tx) {
        followed = JobClock::followed(tx);
        tx.each("SELECT kind, id, due FROM job", {}, [&](const Row& row) {
            jobs.emplace_back(row.string(0), row.integer(1), from_epoch_micros(row.integer(2)));
            return true;
        });
    });
    for (const auto& [kind, id, due] : jobs)
        place(kind, id, {due, followed});
}

void Jobs::place(const std::string& kind, std::int64_t id, Due due) {
    const std::scoped_lock lock(mutex_);
    place_locked(kind, id, due);
}

Time Jobs::caught_up(Due due) {
    follow_locked(due.followed);
    return due.at - (followed_ - due.followed);
}

void Jobs::place_locked(const std::string& kind, std::int64_t id, Due written) {
    const Time due = caught_up(written);
    if (running_.contains(id)) {
        const auto [asked, first] = asked_while_running_.emplace(id, due);
        if (!first) asked->second = std::min(asked->second, due);
        return;
    }
    Kind& entry = kinds_[kind];
    if (const auto it = due_by_id_.find(id); it != due_by_id_.end()) {
        entry.waiting.erase({it->second, id});
        it->second = due;
    } else {
        due_by_id_.emplace(id, due);
    }
    entry.waiting.emplace(due, id);
    changed_.notify_one();
}

void Jobs::displace(const std::string& kind, std::int64_t id) {
    const std::scoped_lock lock(mutex_);
    const auto it = due_by_id_.find(id);
    if (it == due_by_id_.end()) return;
    kinds_[kind].waiting.erase({it->second, id});
    due_by_id_.erase(it);
    idle_.notify_all();
}

std::optional<std::pair<std::string, std::int64_t>> Jobs::next(std::unique_lock<std::mutex>& lock) {
    while (!stop_.stop_requested()) {
        if (follow_clock(lock)) continue;  // much may have happened meanwhile
        Kind* best = nullptr;
        const std::string* best_name = nullptr;
        Time best_rank;
        std::optional<Time> soonest;  // of what is not due yet
        if (!is_telling_) soonest = tell_again_;
        const Time now = clock_.now();
        for (auto& [name, kind] : kinds_) {
            if (!kind.handler || kind.waiting.empty() || kind.running >= kind.policy.concurrency)
                continue;
            const Time due = kind.waiting.begin()->first;
            if (due > now) {
                soonest = soonest ? std::min(*soonest, due) : due;
                continue;
            }
            const Time rank = due - kind.policy.head_start;
            if (best == nullptr || rank < best_rank) {
                best = &kind;
                best_name = &name;
                best_rank = rank;
            }
        }
        if (best == nullptr) {
            if (soonest)
                clock_.wait_until(lock, changed_, *soonest);
            else
                changed_.wait(lock);
            continue;
        }
        const std::int64_t id = best->waiting.begin()->second;
        best->waiting.erase(best->waiting.begin());
        due_by_id_.erase(id);
        running_.insert(id);
        ++best->running;
        return std::make_pair(*best_name, id);
    }
    return std::nullopt;
}

void Jobs::follow_locked(Duration sum) {
    const Duration by = sum - followed_;
    if (by <= Duration(0)) return;
    followed_ = sum;
    for (auto& [name, kind] : kinds_) {
        std::set<Slot> earlier;
        for (const auto& [due, id] : kind.waiting)
            earlier.emplace(due - by, id);
        kind.waiting = std::move(earlier);
    }
    for (auto& [id, due] : due_by_id_)
        due -= by;
    for (auto& [id, due] : asked_while_running_)
        due -= by;
    changed_.notify_all();
}

bool Jobs::follow_clock(std::unique_lock<std::mutex>& lock) {
    const Duration sum = job_clock_.look();
    if (sum > followed_) tell_again_.reset();
    follow_locked(sum);
    if (sum <= told_ || is_telling_ || (tell_again_ && clock_.now() < *tell_again_)) return false;
    is_telling_ = true;
    lock.unlock();
    bool was_told = false;
    try {
        tell_followers();
        was_told = true;
    } catch (const std::exception& e) {
        log::error("what waits could not be made to follow the clock; it is tried again",
                   {{"error", e.what()}});
    }
    lock.lock();
    is_telling_ = false;
    tell_again_ = was_told ? std::nullopt : std::optional(clock_.now() + kTellAgain);
    changed_.notify_all();  // somebody must wait for tell_again_
    idle_.notify_all();
    return true;
}

void Jobs::tell_followers() {
    database_.write([this](Transaction& tx) {
        const Duration sum = job_clock_.keep_up(tx);
        const Duration by = sum - JobClock::told(tx);
        if (by <= Duration(0)) return;
        log::warning("the clock was set back; what waits follows it",
                     {{"seconds", std::to_string(by / std::chrono::seconds(1))}});
        for (const Follower& follow : followers_) {
            try {
                follow(tx, by);
            } catch (const Error&) {
                throw;
            } catch (const std::exception& e) {
                log::error("not everything followed the clock that was set back",
                           {{"error", e.what()}});
            }
        }
        JobClock::note_told(tx, sum);
        tx.on_commit([this, sum] {
            const std::scoped_lock lock(mutex_);
            told_ = std::max(told_, sum);
        });
    });
}

void Jobs::work() {
    std::unique_lock lock(mutex_);
    while (const auto picked = next(lock)) {
        lock.unlock();
        run(picked->first, picked->second);
        lock.lock();
        --kinds_[picked->first].running;
        changed_.notify_one();
        idle_.notify_all();
    }
}

void Jobs::run(const std::string& kind_name, std::int64_t id) {
    struct Stored {
        Job job;
        std::int64_t generation;
        Duration followed;
    };
    const auto load_row = [&] {
        return database_.read([&](Transaction& tx) {
            return tx.one("SELECT key, payload, attempt, generation, due FROM job WHERE id = ?1",
                          {id}, [&](const Row& row) {
                              Job job;
                              job.id = id;
                              job.kind = kind_name;
                              job.key = row.string(0);
                              job.payload = std::make_shared<const Json>(
                                  parse_json(row.text(1), "a job's payload"));
                              job.attempt = static_cast<int>(row.integer(2));
                              job.due = from_epoch_micros(row.integer(4));
                              return Stored{std::move(job), row.integer(3), JobClock::followed(tx)};
                          });
        });
    };

    std::optional<Due> due;  // when the row waits again; nothing: it is gone
    try {
        const auto stored = load_row();
        if (stored) {
            Handler handler;
            Backoff backoff;
            {
                const std::scoped_lock lock(mutex_);
                handler = kinds_[kind_name].handler;
                backoff = kinds_[kind_name].policy.backoff;
            }
            const Duration began = job_clock_.look();
            JobResult result;
            std::string error;
            bool cancelled = false;
            try {
                result = handler(stored->job);
            } catch (const Error& e) {
                error = e.what();
                cancelled = e.category() == ErrorCategory::Cancelled && stop_.stop_requested();
            } catch (const std::exception& e) {
                error = e.what();
            }
            fault::reach("jobs.before-end");
            if (cancelled) {
                due = Due{stored->job.due, stored->followed};
            } else if (!error.empty()) {
                const Duration delay = backoff.delay_after(stored->job.attempt, random_);
                log::warning("a background job failed and will be tried again",
                             {{"kind", kind_name},
                              {"key", stored->job.key},
                              {"attempt", std::to_string(stored->job.attempt)},
                              {"error", error}});
                due = database_.write([&](Transaction& tx) -> std::optional<Due> {
                    const Due retry{clock_.now() + delay, job_clock_.keep_up(tx)};
                    if (tx.run("UPDATE job SET attempt = attempt + 1, due = ?2, last_error = ?3"
                               " WHERE id = ?1",
                               {id, to_epoch_micros(retry.at), error}) == 0)
                        return std::nullopt;
                    return retry;
                });
            } else {
                due = database_.write([&](Transaction& tx) -> std::optional<Due> {
                    if (result.commit) result.commit(tx);
                    const Duration followed = job_clock_.keep_up(tx);
                    const auto generation = tx.one("SELECT generation FROM job WHERE id = ?1", {id},
                                                   [](const Row& row) { return row.integer(0); });
                    if (!generation) return std::nullopt;
                    const bool asked_again = *generation != stored->generation;
                    if (!asked_again && !result.again) {
                        tx.run("DELETE FROM job WHERE id = ?1", {id});
                        return std::nullopt;
                    }
                    // The handler may have said when before the clock was set back.
                    const Time when =
                        asked_again ? clock_.now() : *result.again - (followed - began);
                    tx.run("UPDATE job SET attempt = 1, due = ?2, last_error = NULL WHERE id = ?1",
                           {id, to_epoch_micros(when)});
                    if (result.payload && !asked_again)
                        tx.run("UPDATE job SET payload = ?2 WHERE id = ?1",
                               {id, to_text(*result.payload)});
                    return Due{when, followed};
                });
            }
        }
    } catch (const std::exception& e) {
        // The database itself failed (disk full): the row is as it was; look again a little later.
        log::error("a background job's end could not be written",
                   {{"kind", kind_name}, {"error", e.what()}});
        due = Due{clock_.now() + std::chrono::seconds(1), job_clock_.look()};
    }
    // In one go: a job that is asked for in between would be put off again.
    const std::scoped_lock lock(mutex_);
    running_.erase(id);
    if (const auto asked = asked_while_running_.find(id); asked != asked_while_running_.end()) {
        if (due) due = Due{std::min(caught_up(*due), asked->second), followed_};
        asked_while_running_.erase(asked);
    }
    if (due) place_locked(kind_name, id, *due);
}

bool Jobs::settle(std::chrono::milliseconds patience) {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    follow_clock(lock);
    return idle_.wait_until(lock, give_up, [&] {
        if (is_telling_) return false;
        const Time now = clock_.now();
        for (const auto& [name, kind] : kinds_) {
            if (kind.running > 0) return false;
            if (kind.handler && !kind.waiting.empty() && kind.waiting.begin()->first <= now)
                return false;
        }
        return true;
    });
}

std::map<std::string, Jobs::Counts> Jobs::counts() const {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, Counts> result;
    for (const auto& [name, kind] : kinds_)
        result[name] = {kind.waiting.size(), static_cast<std::size_t>(kind.running)};
    return result;
}

}  // namespace lifeboat::local
