#include "local/states/map_run_rows.h"

#include "base/error.h"
#include "base/json.h"
#include "local/states/arns.h"

namespace lifeboat::local::states {

std::optional<RunRow> find_run(Transaction& tx, const std::string& arn) {
    return tx.one(
        "SELECT arn, execution, machine_arn, revision, status, started, stopped, concurrency,"
        " total, tolerated_count, tolerated_percentage, exported, express, redrive_count, redriven"
        " FROM states_map_run WHERE arn = ?1",
        {arn}, [](const Row& row) {
            RunRow run;
            run.arn = row.string(0);
            run.execution = row.string(1);
            run.machine_arn = row.string(2);
            run.revision = row.string(3);
            run.status = row.string(4);
            run.started = from_epoch_micros(row.integer(5));
            if (!row.is_null(6)) run.stopped = from_epoch_micros(row.integer(6));
            run.concurrency = row.integer(7);
            run.total = row.integer(8);
            if (!row.is_null(9)) run.tolerated_count = row.integer(9);
            if (!row.is_null(10)) run.tolerated_percentage = row.real(10);
            run.exported = row.integer(11) != 0;
            run.express = row.integer(12) != 0;
            run.redrives = row.integer(13);
            if (!row.is_null(14)) run.redriven = from_epoch_micros(row.integer(14));
            return run;
        });
}

RunRow require_run(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "mapRunArn");
    check_arn(arn, "mapRun");
    if (auto run = find_run(tx, arn)) return *std::move(run);
    throw Error(ErrorCategory::NotFound, "ResourceNotFound", "Resource not found: '" + arn + "'");
}

std::map<std::string, std::int64_t> child_counts(Transaction& tx, const std::string& arn,
                                                 const std::string& of) {
    std::map<std::string, std::int64_t> found;
    tx.each("SELECT status, " + of + " FROM states_map_count WHERE run = ?1", {arn},
            [&](const Row& row) {
                found[row.string(0)] = row.integer(1);
                return true;
            });
    return found;
}

Json counts_member(const std::map<std::string, std::int64_t>& found, const RunRow& run) {
    Json member = Json::object();
    std::int64_t total = 0;
    for (const auto& [status, name] :
         {std::pair("PENDING", "pending"), std::pair("RUNNING", "running"),
          std::pair("SUCCEEDED", "succeeded"), std::pair("FAILED", "failed"),
          std::pair("TIMED_OUT", "timedOut"), std::pair("ABORTED", "aborted"),
          std::pair("PENDING_REDRIVE", "pendingRedrive")}) {
        const auto count = found.find(status);
        member[name] = count == found.end() ? 0 : count->second;
        total += member[name].get<std::int64_t>();
    }
    member["total"] = total;
    member["failuresNotRedrivable"] = 0;
    // Results are written when the run has ended, all at once.
    const bool written = run.exported && run.status != "RUNNING" && run.status != "ABORTED";
    member["resultsWritten"] = written ? total - member["pending"].get<std::int64_t>() : 0;
    return member;
}

std::vector<std::string> children_of(Transaction& tx, const std::string& arn, const char* status) {
    std::vector<std::string> arns;
    tx.each(
        "SELECT execution FROM states_map_child INDEXED BY states_map_child_by_status"
        " WHERE run = ?1 AND status = ?2 AND execution IS NOT NULL",
        {arn, status}, [&](const Row& row) {
            arns.push_back(row.string(0));
            return true;
        });
    return arns;
}

std::string map_runs_schema() {
    return "CREATE TABLE states_map_run ("
           " id INTEGER PRIMARY KEY AUTOINCREMENT,"
           " arn TEXT NOT NULL UNIQUE,"
           " execution TEXT NOT NULL,"    // whose state it is
           " machine_arn TEXT NOT NULL,"  // of the children
           " revision TEXT NOT NULL,"
           " processor TEXT NOT NULL,"
           " status TEXT NOT NULL,"
           " started INTEGER NOT NULL,"
           " stopped INTEGER,"
           " concurrency INTEGER NOT NULL,"
           " total INTEGER NOT NULL,"
           " tolerated_count INTEGER,"
           " tolerated_percentage INTEGER);"
           "CREATE INDEX states_map_run_of_execution ON states_map_run (execution, id);"
           "CREATE TABLE states_map_child ("
           " run TEXT NOT NULL,"
           " place INTEGER NOT NULL,"
           " input TEXT NOT NULL,"
           " items INTEGER NOT NULL,"
           " status TEXT NOT NULL,"  // an execution's, or PENDING
           " execution TEXT,"        // its ARN; null while PENDING
           " PRIMARY KEY (run, place)) WITHOUT ROWID;"
           "CREATE INDEX states_map_child_by_status ON states_map_child (run, status, items);"
           "CREATE INDEX states_map_child_of_execution ON states_map_child (execution)"
           " WHERE execution IS NOT NULL;";
}

std::string map_runs_export_schema() {
    return "ALTER TABLE states_map_run ADD COLUMN exported INTEGER NOT NULL DEFAULT 0";
}

std::string map_runs_redrive_schema() {
    return "ALTER TABLE states_map_run ADD COLUMN express INTEGER NOT NULL DEFAULT 0;"
           "ALTER TABLE states_map_run ADD COLUMN redrive_count INTEGER NOT NULL DEFAULT 0;"
           "ALTER TABLE states_map_run ADD COLUMN redriven INTEGER;";
}

// A run of many children asks at the end of each how many there are.
std::string map_runs_count_schema() {
    const std::string one_more =
        " INSERT INTO states_map_count VALUES (new.run, new.status, 1, new.items)"
        "  ON CONFLICT (run, status) DO UPDATE SET"
        "  children = children + 1, items = items + excluded.items;";
    const std::string one_less =
        " UPDATE states_map_count SET children = children - 1, items = items - old.items"
        "  WHERE run = old.run AND status = old.status;";
    return "CREATE TABLE states_map_count ("
           " run TEXT NOT NULL,"
           " status TEXT NOT NULL,"  // of children
           " children INTEGER NOT NULL,"
           " items INTEGER NOT NULL,"
           " PRIMARY KEY (run, status)) WITHOUT ROWID;"
           "INSERT INTO states_map_count SELECT run, status, count(*), sum(items)"
           " FROM states_map_child GROUP BY run, status;"
           "CREATE TRIGGER states_map_child_added AFTER INSERT ON states_map_child BEGIN" +
           one_more +
           " END;"
           "CREATE TRIGGER states_map_child_changed AFTER UPDATE OF status ON states_map_child"
           " BEGIN" +
           one_less + one_more +
           " END;"
           "DROP INDEX states_map_child_by_status;"
           "CREATE INDEX states_map_child_by_status ON states_map_child (run, status, place);";
}

}  // namespace lifeboat::local::states
