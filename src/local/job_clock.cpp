#include "local/job_clock.h"

#include <algorithm>
#include <utility>

namespace lifeboat::local {
namespace {

// How often the time is kept while jobs are written.
constexpr auto kNoteEvery = ClockWatch::kUnrest;

}  // namespace

std::vector<std::string> JobClock::schema() {
    return {
        "CREATE TABLE job_clock (seen INTEGER NOT NULL, followed INTEGER NOT NULL);"
        "INSERT INTO job_clock (seen, followed) VALUES (0, 0);",
        "ALTER TABLE job_clock ADD COLUMN told INTEGER NOT NULL DEFAULT 0;"
        "UPDATE job_clock SET told = followed;"};
}

JobClock::JobClock(Database& database, const Clock& clock)
    : database_(database), clock_(clock), watch_(clock) {
    const auto row = database_.read([](Transaction& tx) {
        return *tx.one("SELECT seen, followed FROM job_clock", {}, [](const Row& found) {
            return std::pair(from_epoch_micros(found.integer(0)), Duration(found.integer(1)));
        });
    });
    sum_ = followed_ = row.second;
    const Time now = clock_.now();
    if (now + ClockWatch::kUnrest < row.first) sum_ += row.first - now;
}

Duration JobClock::look() {
    const std::scoped_lock lock(mutex_);
    sum_ += watch_.set_back();
    return sum_;
}

Duration JobClock::followed(Transaction& tx) {
    return *tx.one("SELECT followed FROM job_clock", {},
                   [](const Row& row) { return Duration(row.integer(0)); });
}

Duration JobClock::told(Transaction& tx) {
    return *tx.one("SELECT told FROM job_clock", {},
                   [](const Row& row) { return Duration(row.integer(0)); });
}

void JobClock::note_told(Transaction& tx, Duration sum) {
    tx.run("UPDATE job_clock SET told = ?1", {static_cast<std::int64_t>(sum.count())});
}

Duration JobClock::keep_up(Transaction& tx) {
    const Duration sum = look();
    const Time now = clock_.now();
    bool follows = false;
    {
        const std::scoped_lock lock(mutex_);
        follows = followed_ < sum;
        if (!follows && noted_ <= now && now < noted_ + kNoteEvery) return sum;
    }
    // Others in the same commit may have been here before.
    if (follows)
        if (const Duration by = sum - followed(tx); by > Duration(0))
            tx.run("UPDATE job SET due = due - ?1", {static_cast<std::int64_t>(by.count())});
    tx.run("UPDATE job_clock SET seen = ?1, followed = max(followed, ?2)",
           {to_epoch_micros(now), static_cast<std::int64_t>(sum.count())});
    tx.on_commit([this, sum, now] {
        const std::scoped_lock lock(mutex_);
        followed_ = std::max(followed_, sum);
        noted_ = now;
    });
    return sum;
}

void JobClock::note() {
    database_.write([this](Transaction& tx) {
        keep_up(tx);
        tx.run("UPDATE job_clock SET seen = ?1", {to_epoch_micros(clock_.now())});
    });
}

}  // namespace lifeboat::local
