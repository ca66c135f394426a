// choose-source: decides what to copy (source_choice.h), says why, and notes on the row that the
// recovery is running.
#include <algorithm>
#include <map>
#include <set>

#include "apps/recovery/copy_options.h"
#include "apps/recovery/environment.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/network.h"
#include "apps/recovery/recovery_case.h"
#include "apps/recovery/source_choice.h"
#include "apps/recovery/studio.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

class Chooser {
  public:
    Chooser(cloud::FunctionContext& context, Registry& registry)
        : context_(context), registry_(registry), studio_(context.cloud) {}

    SourceChoice from_history(const Side& target, const std::optional<Row>& row) {
        std::vector<HistoryEntry> history = registry_.history_of(
            *target.profile, row ? row->former_keys : std::vector<std::string>());
        std::erase_if(history, [&](const HistoryEntry& entry) {
            return entry.domain_name != target.domain_name;
        });
        std::set<Home> named;
        if (row && !row->source_profile_key.empty()) add_named_source(*row, history, named);
        std::vector<Candidate> candidates = candidates_of(history, target.home);
        for (Candidate& candidate : candidates) {
            const bool is_named = named.contains(candidate.home);
            const bool is_there = file_system_there(candidate.home.file_system);
            if (!is_there && !candidate.snapshot)
                candidate.obstacle = "its file system is gone";
            else if (!is_named && candidate.domain_id != target.domain_id &&
                     domain_name(candidate.domain_id) == target.domain_name)
                candidate.obstacle = "its domain is live and another one of that name";
            candidate.is_from_vault = !is_there && candidate.snapshot;
        }
        return choose_source(std::move(candidates));
    }

    SourceChoice as_given(const Side& source, const std::optional<KeptSnapshot>& snapshot) {
        SourceChoice choice;
        Candidate candidate;
        candidate.home = source.home;
        candidate.snapshot = snapshot;
        candidate.is_from_vault = snapshot.has_value();
        candidate.profile = source.profile.value_or(Profile{});
        candidate.domain_id = source.domain_id;
        candidate.domain_name = source.domain_name;
        if (!snapshot && !file_system_there(source.home.file_system)) {
            choice.outcome = SourceChoice::Outcome::Gone;
            choice.explanation = "the file system " + source.home.file_system +
                                 " of the source named in the input is gone";
            return choice;
        }
        choice.outcome = SourceChoice::Outcome::Found;
        choice.explanation = candidate.text() + " was named in the input";
        choice.sources.push_back(std::move(candidate));
        return choice;
    }

  private:
    // add-target: the named profile's homes count as the target's own.
    void add_named_source(const Row& row, std::vector<HistoryEntry>& history,
                          std::set<Home>& named) {
        const std::optional<Row> source =
            registry_.row_at({row.source_profile_key, row.source_domain_key});
        const Profile profile =
            source ? source->profile
                   : Profile{is_space_key(row.source_profile_key) ? Kind::Space : Kind::User,
                             row.source_profile_key.substr(row.source_profile_key.find(':') + 1)};
        const std::string domain = plain_domain_name(row.source_domain_key);
        std::vector<HistoryEntry> theirs = registry_.history_of(
            profile, source ? source->former_keys : std::vector<std::string>());
        for (HistoryEntry& entry : theirs)
            if (entry.domain_name == domain) {
                named.insert(entry.home);
                history.push_back(std::move(entry));
            }
        for (const HistoryEntry& entry : history)
            if (entry.event == event::kExpected) named.insert(entry.home);
        std::stable_sort(
            history.begin(), history.end(),
            [](const HistoryEntry& a, const HistoryEntry& b) { return a.when < b.when; });
    }

    bool file_system_there(const std::string& file_system) {
        const auto [at, is_new] = file_systems_.try_emplace(file_system, false);
        if (is_new) at->second = file_system_exists(context_.cloud, file_system);
        return at->second;
    }

    // "" for a domain that is gone.
    std::string domain_name(const std::string& domain_id) {
        const auto [at, is_new] = domains_.try_emplace(domain_id);
        if (is_new)
            if (const auto domain = studio_.domain(domain_id);
                domain && domain->status != "Deleting")
                at->second = domain->name;
        return at->second;
    }

    cloud::FunctionContext& context_;
    Registry& registry_;
    Studio studio_;
    std::map<std::string, bool> file_systems_;
    std::map<std::string, std::string> domains_;
};

Json snapshot_side(const KeptSnapshot& snapshot, const Home& home) {
    return {{"Workspace", snapshot.workspace},
            {"SnapshotId", snapshot.id},
            {"Home", home.text()},
            {"Unreadable", snapshot.unreadable}};
}

// A home, with the snapshot that can stand in for it (not one that lacks the work: better a
// recovery that fails and says so); or a snapshot alone.
Json side_of(const Candidate& candidate, const cloud::Place& place) {
    Json side = {{"DomainID", candidate.domain_id}, {"DomainName", candidate.domain_name}};
    if (candidate.is_from_vault) {
        side.update(snapshot_side(*candidate.snapshot, candidate.home));
    } else {
        side["EfsFilesystemArn"] =
            arn_of(place, "elasticfilesystem", "file-system/" + candidate.home.file_system);
        side["HomeEfsFileSystemUid"] = candidate.home.uid;
        if (candidate.snapshot && !candidate.is_too_early(*candidate.snapshot))
            side["Snapshot"] = snapshot_side(*candidate.snapshot, candidate.home);
    }
    if (!candidate.profile.name.empty())
        side[candidate.profile.kind == Kind::User ? "UserProfileName" : "SpaceName"] =
            candidate.profile.name;
    return side;
}

std::optional<KeptSnapshot> named_snapshot(const Json& source) {
    const auto id = find_string(source, "SnapshotId");
    if (!id) return std::nullopt;
    return KeptSnapshot{require_string(source, "Workspace"), *id};
}

void note_running(Registry& registry, const Json& state, const Home& home,
                  const std::string& source, const std::string& explanation) {
    until_written([&] {
        const std::optional<Row> row = row_of_target(registry, state);
        if (!row || !(row->home == home)) return true;
        return registry.write(row->key, &*row,
                              {{"replication_status", status::kRunning},
                               {"recovery_execution", state["Execution"]["Arn"]},
                               {"recovery_source", source},
                               {"recovery_explanation", explanation},
                               {"recovery_started_at", to_iso8601_millis(registry.clock().now())}},
                              {"recovery_error", "recovery_cause", "recovery_finished_at",
                               "recovery_leftovers", "recovery_recorded"},
                              {});
    });
}

}  // namespace

Json plan_copies(const Json& event, cloud::FunctionContext& context) {
    Json state = event;
    const Environment environment(context);
    Registry registry(context.cloud, context.clock);
    DomainRecords domains(context.cloud, context.clock);
    const Side target = side_from(require(event, "Target"), "Target");
    if (!target.home.known() || !target.profile)
        throw Error(ErrorCategory::InvalidInput, kInvalidInput,
                    "the target's home is not known: " + describe_target(event));

    // Before the history is read: what is recorded from then on may not be in it.
    const std::string decided_at = to_iso8601_millis(context.clock.now());
    Chooser chooser(context, registry);
    const bool is_given = !require(event, "Source").empty();
    const SourceChoice choice = is_given
                                    ? chooser.as_given(side_from(event["Source"], "Source"),
                                                       named_snapshot(event["Source"]))
                                    : chooser.from_history(target, row_of_target(registry, event));
    Json& plan = state["Plan"];
    plan = {{"Explanation", choice.explanation}, {"DecidedAt", decided_at}};
    if (choice.outcome != SourceChoice::Outcome::Found) {
        plan["Status"] = choice.outcome == SourceChoice::Outcome::Gone ? "GONE" : "NOTHING";
        return state;
    }
    plan["Status"] = "FOUND";
    plan["Home"] = choice.sources.front().text();
    Json sources = Json::array();
    for (const Candidate& candidate : choice.sources)
        sources.push_back(side_of(candidate, context.place));
    // Only a source named in the input has a network of its own.
    if (is_given) sources.front() = event["Source"];
    for (Json& source : sources)
        if (!source.contains("SnapshotId"))
            add_network(source, context.cloud, domains, context.place);
    add_network(state["Target"], context.cloud, domains, context.place);
    plan["Source"] = sources.front();
    sources.erase(0);
    plan["Remaining"] = std::move(sources);
    const bool has_log = !string_or(state["Log"], "CloudWatchLogGroupArn", "").empty();
    plan["Options"] = copy_options(event["Options"], target.home.uid, has_log, environment);
    plan["RestoreOptions"] = restore_options(plan["Options"], target.home.uid);
    return state;
}

Json choose_source(const Json& event, cloud::FunctionContext& context) {
    Json state = plan_copies(event, context);
    const Json& plan = state["Plan"];
    if (plan["Status"] != "FOUND") return state;
    fault::reach("recovery.choose-source");
    Registry registry(context.cloud, context.clock);
    note_running(registry, state, side_from(state["Target"], "Target").home,
                 require_string(plan, "Home"), require_string(plan, "Explanation"));
    return state;
}

}  // namespace lifeboat::recovery
