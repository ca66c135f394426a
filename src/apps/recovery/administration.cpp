#include "apps/recovery/administration.h"

#include <algorithm>
#include <tuple>

#include "apps/recovery/environment.h"
#include "apps/recovery/functions.h"
#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

namespace lifeboat::recovery {
namespace {

bool is_in(const Row& row, std::string_view domain) {
    return domain.empty() || row.domain_id == domain || row.domain_name() == domain ||
           row.key.domain_key == domain;
}

}  // namespace

Row Administration::require(const ProfileInDomain& who) {
    return registry_.require_row(who.profile, who.domain);
}

Json Administration::list(std::string_view domain, std::string_view state) {
    std::vector<Row> rows;
    registry_.each_row([&](const Row& row) {
        if (is_in(row, domain) && (state.empty() || row.replication_status == state))
            rows.push_back(row);
    });
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return std::tie(a.key.domain_key, a.key.profile_key) <
               std::tie(b.key.domain_key, b.key.profile_key);
    });
    Json items = Json::array();
    for (const Row& row : rows)
        items.push_back(*row.item);
    return items;
}

Json Administration::show(const ProfileInDomain& who) {
    return *require(who).item;
}

Json Administration::history(const ProfileInDomain& who) {
    const Row row = require(who);
    Json items = registry_.history_items_of(row.profile, row.former_keys);
    Json mine = Json::array();
    for (const Json& item : items)
        if (history_entry_from(item).domain_name == row.domain_name()) mine.push_back(item);
    return mine;
}

bool Administration::set_replication(const ProfileInDomain& who, bool on) {
    bool changed = false;
    until_written([&] {
        const Row row = require(who);
        changed = row.replication != on;
        const bool is_stored = find(*row.item, "replication") != nullptr;
        if (!changed && is_stored) return true;
        Row after = row;
        after.replication = on;
        return registry_.write(row.key, &row, {{"replication", on}}, {},
                               {history_of_row(after, event::kReplication)});
    });
    return changed;
}

bool Administration::set_protection(const ProfileInDomain& who, bool on) {
    bool changed = false;
    until_written([&] {
        const Row row = require(who);
        changed = row.protection != on;
        if (!changed) return true;
        Row after = row;
        after.protection = on;
        return registry_.write(row.key, &row, {{"protection", on}}, {},
                               {history_of_row(after, event::kProtection)});
    });
    return changed;
}

void Administration::add_target(const ProfileInDomain& source, const ProfileInDomain& target) {
    until_written([&] {
        const Row from = require(source);
        if (!from.home.known())
            throw Error(ErrorCategory::InvalidInput, "SourceWithoutHome",
                        "the registry knows no home of " + from.key.text());
        const RowKey key{target.profile.key(), target.domain};
        for (const Row& row : registry_.rows_of(target.profile))
            if (is_in(row, target.domain) && row.state != home_state::kExpected)
                throw Error(ErrorCategory::AlreadyExists, "TargetAlreadyRegistered",
                            row.key.text() + " is registered already (" + row.state +
                                "); start a recovery with an explicit source instead");
        const std::optional<Row> seen = registry_.row_at(key);
        Row row = from;
        row.key = key;
        row.profile = target.profile;
        row.protection = seen ? seen->protection : std::nullopt;
        const bool is_user = target.profile.kind == Kind::User;
        return registry_.write(key, seen ? &*seen : nullptr,
                               {{"domain_id", from.domain_id},
                                {"efs_sys_id", from.home.file_system},
                                {"efs_uid", from.home.uid},
                                {"role_name", from.role_name},
                                {"user_profile_name", is_user ? target.profile.name : ""},
                                {"space_name", is_user ? "" : target.profile.name},
                                {"replication", true},
                                {"home_state", home_state::kExpected},
                                {"source_profile_name", from.key.profile_key},
                                {"source_domain_name", from.key.domain_key}},
                               {}, {history_of_row(row, event::kExpected)});
    });
}

Json Administration::seed() {
    SystemRandom random;
    cloud::FunctionContext context{
        registry_.cloud(), registry_.clock(), random, place_, "", {}, {}};
    return seed_registry(Json::object(), context);
}

bool Administration::is_running(const Row& row) {
    if (row.execution.empty()) return false;
    try {
        const Json answer = registry_.cloud().call("states", "DescribeExecution",
                                                   {{"executionArn", row.execution}});
        return string_or(answer, "status", "") == "RUNNING";
    } catch (const Error& e) {
        if (e.code() != "ExecutionDoesNotExist") throw;
        return false;
    }
}

Json Administration::snapshot_source(const Row& row, const std::string& id) {
    for (const HistoryEntry& entry : registry_.history_of(row.profile, row.former_keys))
        if (entry.snapshot && entry.snapshot->id.starts_with(id))
            return {{"SnapshotId", entry.snapshot->id},
                    {"Workspace", entry.snapshot->workspace},
                    {"Home", entry.home.text()}};
    constexpr std::size_t kWholeId = 64;
    if (id.size() == kWholeId) return {{"SnapshotId", id}};
    throw Error(ErrorCategory::NotFound, "SnapshotNotFound",
                "no snapshot in the history of " + row.key.text() + " begins with '" + id +
                    "'; `registry history` names those there are, and the whole id of any other "
                    "of its workspace is taken, too");
}

Json Administration::input_for(const Row& row, const RecoveryRequest& request) {
    Json input = recovery_input(row, place_);
    if (request.source)
        input["Source"] = {
            {"EfsFilesystemArn",
             arn_of(place_, "elasticfilesystem", "file-system/" + request.source->file_system)},
            {"HomeEfsFileSystemUid", request.source->uid}};
    if (!request.snapshot.empty()) input["Source"] = snapshot_source(row, request.snapshot);
    if (!request.options_json.empty())
        input["Options"] = parse_json(request.options_json, "the options");
    return input;
}

Started Administration::start_row(const Row& given, const RecoveryRequest& request) {
    if (!given.is_live())
        throw Error(ErrorCategory::InvalidInput, "ProfileNotLive",
                    given.key.text() + " is " + given.state +
                        "; create the profile, then its work is brought back by itself");
    if (is_running(given))
        throw Error(ErrorCategory::AlreadyExists, "RecoveryRunning",
                    "a recovery of " + given.key.text() + " is running: " + given.execution);
    Row row = given;
    until_written([&] {
        const std::optional<Row> now = registry_.row_at(given.key);
        if (!now || !(now->home == given.home))
            throw Error(ErrorCategory::InvalidInput, "ProfileNotLive",
                        given.key.text() + " was recreated meanwhile; look again");
        row = *now;
        row.attempt = now->attempt + 1;
        // Should this end here, `reconcile` finds a running recovery without an execution.
        return registry_.write(now->key, &*now,
                               {{"recovery_attempt", row.attempt},
                                {"replication_status", status::kRunning},
                                {"recovery_execution", execution_arn(place_, execution_name(row))}},
                               {"recovery_error", "recovery_cause", "recovery_recorded"}, {});
    });
    return start_execution(registry_.cloud(), place_, execution_name(row), input_for(row, request));
}

Started Administration::start(const RecoveryRequest& request) {
    return start_row(require(request.target), request);
}

Started Administration::retry(const ProfileInDomain& who) {
    const Row row = require(who);
    if (row.replication_status != status::kError)
        throw Error(
            ErrorCategory::InvalidInput, "NothingToRetry",
            "the last recovery of " + row.key.text() + " did not end with an error (" +
                (row.replication_status.empty() ? "there was none" : row.replication_status) +
                "); `recover start` starts one anyway");
    return start_row(row, {who, std::nullopt, ""});
}

std::vector<Started> Administration::retry_all() {
    std::vector<Row> rows;
    registry_.each_row([&](const Row& row) {
        if (row.is_live() && row.replication_status == status::kError) rows.push_back(row);
    });
    std::vector<Started> started;
    for (const Row& row : rows)
        started.push_back(start_row(row, {{row.profile, row.domain_id}, std::nullopt, ""}));
    return started;
}

Json Administration::plan(const RecoveryRequest& request) {
    const Row row = require(request.target);
    SystemRandom random;
    cloud::FunctionContext context{
        registry_.cloud(), registry_.clock(), random, place_, "", local_environment(), {}};
    const Json state = prepare_recovery(
        {{"Input", input_for(row, request)}, {"Execution", Json::object()}}, context);
    const Json planned = plan_copies(state, context);
    const Json& chosen = planned["Plan"];
    Json sources = Json::array();
    if (const Json* first = find(chosen, "Source")) sources.push_back(*first);
    if (const Json* rest = find(chosen, "Remaining"))
        for (const Json& source : *rest)
            sources.push_back(source);
    return {{"Target", planned["Target"]},
            {"Status", chosen["Status"]},
            {"Explanation", chosen["Explanation"]},
            {"Sources", std::move(sources)},
            {"Options", chosen.value("Options", Json::object())}};
}

Json Administration::status(const ProfileInDomain& who) {
    const Row row = require(who);
    Json execution;
    if (!row.execution.empty()) {
        try {
            execution = registry_.cloud().call("states", "DescribeExecution",
                                               {{"executionArn", row.execution}});
        } catch (const Error& e) {
            if (e.code() != "ExecutionDoesNotExist") throw;
        }
    }
    return {{"Row", *row.item}, {"Execution", std::move(execution)}};
}

}  // namespace lifeboat::recovery
