// The job that advances an execution: load it, let the engine run it until it waits, come back
// then.
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "local/states/executions.h"

namespace lifeboat::local::states {
namespace {

constexpr int kConcurrency = 12;         // executions that run (not wait) at once
constexpr std::size_t kMostCached = 64;  // executions
constexpr std::size_t kMostCachedBytes = std::size_t{64} << 20U;  // of what they hold
constexpr std::int64_t kCacheFrom = 32;  // records; a shorter history is quickly read again
constexpr auto kCacheWait = std::chrono::minutes(5);

}  // namespace

void Executions::prepare() {
    map_runs_.prepare();
    JobPolicy policy;
    policy.concurrency = kConcurrency;
    site_.jobs.handle(
        std::string(kAdvanceJob), [this](const Job& job) { return advance(job); }, policy);
    site_.jobs.when_clock_is_set_back([this](Transaction& tx, Duration) { follow_clock_back(tx); });
}

void Executions::follow_clock_back(Transaction& tx) {
    tasks_.follow_clock_back(tx);
    std::vector<std::string> running;
    tx.each("SELECT arn FROM states_execution WHERE status = 'RUNNING'", {}, [&](const Row& row) {
        running.push_back(row.string(0));
        return true;
    });
    for (const std::string& arn : running)
        site_.jobs.enqueue(tx, kAdvanceJob, arn, Json::object(), site_.clock.now());
}

JobResult Executions::advance(const Job& job) {
    const auto row =
        site_.database.read([&](Transaction& tx) { return find_execution(tx, job.key); });
    if (!row || row->status != "RUNNING") return finished();
    if (row->last_sequence == 1) fault::reach("states.started");
    std::unique_ptr<flow::Execution> execution = load(*row);

    ExecutionRow current = *row;
    const flow::Journal journal = [&](const flow::Execution& after,
                                      const std::vector<flow::HistoryRecord>& records) {
        site_.database.write([&](Transaction& tx) { append(tx, current, records); });
        current.last_sequence = after.last_sequence();
        current.last_event = after.last_event();
    };
    const flow::World world{site_.cloud, site_.clock, site_.random, site_.place, this};
    try {
        const flow::Advance result = flow::advance(*execution, world, journal);
        if (result.finished) return finished();
        if (execution->last_sequence() >= kCacheFrom && result.due < site_.clock.now() + kCacheWait)
            keep_cached(std::move(execution));
        return again_at(result.due);
    } catch (const Error& error) {
        // Stopped meanwhile: there is nothing left to do. (Being asked to stop is Cancelled too.)
        if (error.code() == "ExecutionChanged") return finished();
        throw;
    }
}

std::unique_ptr<flow::Execution> Executions::load(const ExecutionRow& row) {
    if (auto cached = take_cached(row)) return cached;
    flow::ExecutionIdentity identity;
    identity.arn = row.arn;
    identity.name = row.name;
    identity.machine_arn = row.machine_arn;
    identity.machine_name = row.machine_arn.substr(row.machine_arn.rfind(':') + 1);
    if (row.is_express()) identity.longest_seconds = kLongestExpress;
    identity.role_arn = site_.database.read(
        [&](Transaction& tx) { return machines_.revision(tx, row.revision).role_arn; });
    auto execution =
        std::make_unique<flow::Execution>(std::move(identity), map_runs_.machine_of(row));
    site_.database.read([&](Transaction& tx) {
        tx.each(
            "SELECT record FROM states_history WHERE execution = ?1 AND sequence <= ?2"
            " ORDER BY sequence",
            {row.id, row.last_sequence}, [&](const Row& found) {
                execution->apply(
                    flow::history_record_from_json(parse_json(found.text(0), "a history record")));
                return true;
            });
    });
    return execution;
}

std::unique_ptr<flow::Execution> Executions::take_cached(const ExecutionRow& row) {
    const std::scoped_lock lock(mutex_);
    const auto found = cached_.find(row.arn);
    if (found == cached_.end()) return nullptr;
    std::unique_ptr<flow::Execution> execution = std::move(found->second);
    cached_bytes_ -= execution->held_bytes();
    cached_.erase(found);
    if (execution->last_sequence() != row.last_sequence) return nullptr;
    return execution;
}

void Executions::keep_cached(std::unique_ptr<flow::Execution> execution) {
    const std::scoped_lock lock(mutex_);
    const std::size_t bytes = execution->held_bytes();
    while (!cached_.empty() &&
           (cached_.size() >= kMostCached || cached_bytes_ + bytes > kMostCachedBytes)) {
        cached_bytes_ -= cached_.begin()->second->held_bytes();
        cached_.erase(cached_.begin());
    }
    if (bytes > kMostCachedBytes) return;
    // Nobody else has it: it was taken from here, or loaded, to be advanced.
    std::string arn = execution->identity().arn;
    if (cached_.emplace(std::move(arn), std::move(execution)).second) cached_bytes_ += bytes;
}

}  // namespace lifeboat::local::states
