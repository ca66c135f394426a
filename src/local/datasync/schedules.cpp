#include "local/datasync/schedules.h"

#include "base/error.h"
#include "base/json.h"
#include "local/datasync/refusal.h"
#include "local/events/schedule.h"

namespace lifeboat::local::datasync {
namespace {

constexpr std::string_view kJob = "datasync.schedule";

std::string expression_of(const Json& schedule) {
    return string_or(schedule, "ScheduleExpression", "");
}

}  // namespace

void check_schedule(const Json& schedule) {
    const std::string expression = expression_of(schedule);
    if (expression.empty()) return;
    try {
        events::Schedule::parse(expression);
    } catch (const Error& error) {
        refuse("Schedule: '" + expression + "' is no schedule: " + error.message());
    }
}

void Schedules::prepare(Start start) {
    start_ = std::move(start);
    site_.jobs.handle(std::string(kJob), [this](const Job& job) { return run(job); });
}

void Schedules::set(Transaction& tx, const std::string& task, const Json* schedule) {
    site_.jobs.cancel(tx, kJob, task);
    if (schedule == nullptr || expression_of(*schedule).empty() ||
        string_or(*schedule, "Status", "ENABLED") != "ENABLED")
        return;
    const Time now = site_.clock.now();
    const auto instant = events::Schedule::parse(expression_of(*schedule)).next_after(now, now);
    if (!instant) return;
    site_.jobs.enqueue(tx, kJob, task,
                       {{"task", task},
                        {"schedule", *schedule},
                        {"anchor", to_epoch_micros(now)},
                        {"instant", to_epoch_micros(*instant)}},
                       *instant);
}

void Schedules::remove(Transaction& tx, const std::string& task) {
    site_.jobs.cancel(tx, kJob, task);
}

JobResult Schedules::run(const Job& job) const {
    const Json& payload = *job.payload;
    const Time instant = from_epoch_micros(require_integer(payload, "instant"));
    const Json& schedule = require(payload, "schedule");
    const auto [is_early, following] =
        events::Schedule::parse(expression_of(schedule))
            .turn(instant, site_.clock.now(),
                  from_epoch_micros(require_integer(payload, "anchor")));
    JobResult result;
    result.again = following;
    if (result.again) {
        Json next = payload;
        next["instant"] = to_epoch_micros(*result.again);
        result.payload = std::make_shared<const Json>(std::move(next));
    }
    if (is_early) return result;
    result.commit = [this, task = require_string(payload, "task"), schedule](Transaction& tx) {
        start_(tx, task, schedule);
    };
    return result;
}

}  // namespace lifeboat::local::datasync
