// reconcile: the scheduled sweep. Events are delivered at best effort; this finds what they missed
// and what never came to its end:
//
//   profiles the registry does not know, or knows with another home    -> as if their event came
//   rows whose profile or domain is gone                               -> tombstones
//   recoveries that are PENDING without an execution                   -> started
//   recoveries that are RUNNING on the row and ended or gone in truth  -> recorded as failed
//   recoveries that gave up waiting for a target that is there by now,
//   or found no source whose snapshot is recorded by now               -> tried again
//   protected homes left lately without a final snapshot              -> its execution started
//   helper objects and copy slots of executions that no longer run     -> removed
#include <algorithm>
#include <map>

#include "apps/recovery/dead_letter.h"
#include "apps/recovery/environment.h"
#include "apps/recovery/final_snapshot.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/helper_objects.h"
#include "apps/recovery/network.h"
#include "apps/recovery/record_result.h"
#include "apps/recovery/recovery_case.h"
#include "apps/recovery/seeding.h"
#include "apps/recovery/slots.h"
#include "apps/recovery/start_recovery.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::recovery {
namespace {

constexpr std::string_view kName = "reconcile";
// Streams keep their records for a day.
constexpr std::chrono::hours kLately{48};

class Sweep {
  public:
    explicit Sweep(cloud::FunctionContext& context)
        : context_(context), registry_(context.cloud, context.clock), observer_(registry_) {}

    Json run() {
        report_["Adopted"] = registry_.adopt();
        compare_profiles();
        compare_rows();
        finish_recoveries();
        start_snapshots();
        remove_leftovers();
        return report_;
    }

  private:
    void count(const std::string& what) { report_[what] = report_.value(what, 0) + 1; }

    void failed(const std::string& who, const Error& error) {
        report_["Failures"].push_back({{"Subject", who}, {"Error", error.what()}});
    }

    // Runs one step of the sweep; its failure is reported and leaves the others alone.
    template <typename Step>
    void attempt(const std::string& who, Step step) {
        try {
            step();
        } catch (const Error& e) {
            failed(who, e);
        }
    }

    void compare_profiles() {
        attempt("the domains", [&] {
            for (const Seeded& one : seed(observer_, occasion_)) {
                if (one.failed)
                    report_["Failures"].push_back(
                        {{"Subject", one.profile.name + " in " + one.domain_id},
                         {"Error", one.explanation}});
                else if (one.outcome != to_string(Observation::Outcome::Known))
                    count(one.outcome);
            }
        });
    }

    void compare_rows() {
        std::vector<Row> live;
        attempt("the registry", [&] {
            registry_.each_row([&](const Row& row) {
                if (row.is_live()) live.push_back(row);
            });
        });
        for (const Row& row : live)
            attempt(row.key.text(), [&] {
                const Observation seen = observer_.observe(row.profile, row.domain_id, occasion_);
                if (seen.outcome == Observation::Outcome::Gone) count("GONE");
            });
        attempt("the domains", [&] {
            for (const DomainRecord& record : observer_.domains().all())
                if (record.deleted_at.empty() && !observer_.studio().is_live(record.domain_id)) {
                    observer_.domain_deleted(record.domain_id,
                                             file_system_exists(context_.cloud, record.file_system),
                                             occasion_);
                    count("DOMAIN_GONE");
                }
        });
    }

    // It failed for want of something that is there by now, or may be.
    bool may_succeed_now(const Row& row) {
        if (row.replication_status != status::kError) return false;
        const std::string error = string_or(*row.item, "recovery_error", "");
        if (error == "TargetNeverAppeared") return true;
        return error == kSourceGone && has_snapshot_since_decided(row);
    }

    // The row tells of one home's snapshot only; any home's may have been missed. It is recorded
    // as often before the failure is as after it.
    bool has_snapshot_since_decided(const Row& row) {
        const std::optional<Time> decided = parse_iso8601(string_or(
            *row.item, "recovery_decided_at", string_or(*row.item, "recovery_finished_at", "")));
        if (!decided) return false;
        const std::vector<HistoryEntry> history =
            registry_.history_of(row.profile, row.former_keys);
        return std::any_of(history.begin(), history.end(), [&](const HistoryEntry& entry) {
            return entry.snapshot && entry.domain_name == row.domain_name() &&
                   !(entry.home == row.home) && entry.when >= to_epoch_micros(*decided) / 1000;
        });
    }

    void finish_recoveries() {
        std::vector<Row> unfinished;
        attempt("the registry", [&] {
            registry_.each_row([&](const Row& row) {
                if (!row.is_live() || !row.replication || !row.home.known()) return;
                if (row.replication_status == status::kError ||
                    row.replication_status == status::kPending ||
                    row.replication_status == status::kRunning)
                    unfinished.push_back(row);
            });
        });
        for (const Row& row : unfinished)
            attempt(row.key.text(), [&] { finish(row); });
    }

    void finish(const Row& row) {
        if (row.replication_status == status::kError) {
            if (may_succeed_now(row)) try_again(row);
            return;
        }
        const bool is_running = row.replication_status == status::kRunning;
        const std::string execution = is_running && !row.execution.empty()
                                          ? row.execution
                                          : execution_arn(context_.place, execution_name(row));
        const std::optional<std::string> ended = ended_status(execution);
        if (!ended) {
            if (is_running) return try_again(row);
            // The stream may still be about to start it.
            const std::optional<Time> since = parse_iso8601(row.updated_at);
            const auto stale = std::chrono::seconds(Environment(context_).stale_seconds());
            if (since && context_.clock.now() - *since < stale) return;
            start_execution(context_.cloud, context_.place, execution_name(row),
                            recovery_input(row, context_.place));
            return count("STARTED");
        }
        if (*ended == "RUNNING") return;
        const std::string cause = "the execution ended with " + *ended +
                                  " and left no result; start it again with `recover retry`";
        send_dead_letter(context_, kName, row.key.text(), "RecoveryFailed", cause,
                         recovery_input(row, context_.place));
        record_end(registry_, {row.key, row.home, row.domain_id, execution, status::kError},
                   {{"recovery_error", "RecoveryFailed"}, {"recovery_cause", cause}});
        count("ENDED");
    }

    // nullopt: there is no such execution.
    std::optional<std::string> ended_status(const std::string& execution) {
        const auto [at, is_new] = executions_.try_emplace(execution);
        if (!is_new) return at->second;
        try {
            const Json answer =
                context_.cloud.call("states", "DescribeExecution", {{"executionArn", execution}});
            at->second = require_string(answer, "status");
        } catch (const Error& e) {
            if (e.code() != "ExecutionDoesNotExist") throw;
        }
        return at->second;
    }

    // A new attempt: the change of the row starts it.
    void try_again(const Row& row) {
        if (registry_.write(
                row.key, &row,
                {{"replication_status", status::kPending}, {"recovery_attempt", row.attempt + 1}},
                {"recovery_error", "recovery_cause", "recovery_recorded"}, {}))
            count("TRIED_AGAIN");
    }

    // Those of which the stream's record was lost. Homes that were left long ago are not taken up
    // when somebody switches protection on.
    void start_snapshots() {
        const Environment environment(context_);
        const auto stale = std::chrono::seconds(environment.stale_seconds());
        std::vector<Departure> departures;
        attempt("the registry", [&] {
            registry_.each_row([&](const Row& row) {
                const std::optional<Departure> departure = departure_of(row);
                if (!departure || !is_protected(row, environment)) return;
                const auto left = parse_iso8601(string_or(*row.item, "deleted_at", ""));
                const Duration since = left ? context_.clock.now() - *left : Duration::max();
                if (since >= stale && since < kLately) departures.push_back(*departure);
            });
        });
        for (const Departure& departure : departures)
            attempt(departure.row.key.text(), [&] {
                const std::string name = snapshot_execution_name(departure);
                if (ended_status(execution_arn(context_.place, name, kSnapshotMachine))) return;
                start_execution(context_.cloud, context_.place, name, snapshot_input(departure),
                                kSnapshotMachine);
                count("SNAPSHOTS_STARTED");
            });
    }

    void remove_leftovers() {
        attempt("helper objects", [&] {
            std::map<std::string, std::pair<std::string, std::vector<std::string>>> by_execution;
            for (const HelperObject& helper : tagged_helpers(context_.cloud)) {
                auto& [task, locations] = by_execution[helper.execution];
                if (helper.is_task)
                    task = helper.arn;
                else
                    locations.push_back(helper.arn);
            }
            for (const auto& [execution, helpers] : by_execution) {
                const std::optional<std::string> ended = ended_status(execution);
                if (ended && *ended == "RUNNING") continue;
                const Json left = delete_helpers(context_.cloud, "", helpers.first, helpers.second);
                count("HELPERS_REMOVED");
                for (const Json& one : left)
                    report_["Leftovers"].push_back(one);
            }
        });
        attempt("copy slots", [&] {
            Slots slots(context_.cloud);
            for (const std::string& holder : slots.holders()) {
                const std::optional<std::string> ended =
                    ended_status(execution_arn(context_.place, holder));
                if (ended && *ended == "RUNNING") continue;
                slots.release(holder);
                count("SLOTS_RELEASED");
            }
        });
    }

    cloud::FunctionContext& context_;
    Registry registry_;
    Observer observer_;
    const Occasion occasion_{"reconcile", "", ""};
    std::map<std::string, std::optional<std::string>> executions_;
    Json report_ = Json::object();
};

}  // namespace

Json reconcile(const Json&, cloud::FunctionContext& context) {
    return Sweep(context).run();
}

}  // namespace lifeboat::recovery
