#include "local/events/timer.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/events/schedule.h"

namespace lifeboat::local::events {
namespace {

constexpr std::string_view kJob = "events.schedule";

std::string key_of(const Rule& rule) {
    return rule.bus + "/" + rule.name;
}

bool ticks(const Rule& rule) {
    return rule.is_enabled() && !rule.schedule.empty();
}

bool same_schedule(const Rule& a, const Rule& b) {
    return a.schedule == b.schedule && a.anchor == b.anchor;
}

}  // namespace

void Timer::prepare() {
    site_.jobs.handle(std::string(kJob), [this](const Job& job) { return run(job); });
}

void Timer::changed(Transaction& tx, const std::optional<Rule>& before, const Rule& now) {
    if (before && ticks(*before) == ticks(now) && same_schedule(*before, now)) return;
    site_.jobs.cancel(tx, kJob, key_of(now));
    if (!ticks(now)) return;
    const auto instant = Schedule::parse(now.schedule).next_after(site_.clock.now(), now.anchor);
    if (!instant) return;
    site_.jobs.enqueue(
        tx, kJob, key_of(now),
        {{"bus", now.bus}, {"rule", now.name}, {"instant", to_epoch_micros(*instant)}}, *instant);
}

void Timer::removed(Transaction& tx, const Rule& rule) {
    site_.jobs.cancel(tx, kJob, key_of(rule));
}

JobResult Timer::run(const Job& job) {
    const std::string bus = require_string(*job.payload, "bus");
    const std::string name = require_string(*job.payload, "rule");
    const Time instant = from_epoch_micros(require_integer(*job.payload, "instant"));
    const Time now = site_.clock.now();
    const auto rule = site_.database.read(
        [&](Transaction& tx) { return Rules(tx, site_.place).find(bus, name); });
    if (!rule || !ticks(*rule)) return finished();
    const auto [is_early, following] =
        Schedule::parse(rule->schedule).turn(instant, now, rule->anchor);
    JobResult result;
    result.again = following;
    if (result.again) {
        Json next = *job.payload;
        next["instant"] = to_epoch_micros(*result.again);
        if (is_early) next["round"] = integer_or(next, "round", 0) + 1;
        result.payload = std::make_shared<const Json>(std::move(next));
    }
    if (is_early) return result;
    const std::int64_t round = integer_or(*job.payload, "round", 0);
    result.commit = [this, seen = *rule, instant, round](Transaction& tx) {
        Rules rules(tx, site_.place);
        const auto current = rules.find(seen.bus, seen.name);
        // Changed or gone meanwhile: that change has set a timer of its own.
        if (!current || !ticks(*current) || !same_schedule(*current, seen)) return;
        bus_.publish_to(tx, *current,
                        event_of(*current, rules.rule_arn(seen.bus, seen.name), instant, round));
    };
    return result;
}

Json Timer::event_of(const Rule& rule, const std::string& rule_arn, Time instant,
                     std::int64_t round) const {
    const std::string hex =
        to_hex(sha256(rule_arn + "\n" + rule.schedule + "\n" +
                      std::to_string(to_epoch_micros(instant)) + "\n" + std::to_string(round)));
    const std::string id = hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) +
                           "-" + hex.substr(16, 4) + "-" + hex.substr(20, 12);
    return {{"version", "0"},
            {"id", id},
            {"detail-type", "Scheduled Event"},
            {"source", "aws.events"},
            {"account", site_.place.account},
            {"time", to_iso8601(instant)},
            {"region", site_.place.region},
            {"resources", Json::array({rule_arn})},
            {"detail", Json::object()}};
}

}  // namespace lifeboat::local::events
