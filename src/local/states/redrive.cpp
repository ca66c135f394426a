// RedriveExecution: an execution that ended badly goes on from where it was (flow/execution.h).
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
#include "base/error.h"
#include "base/json.h"
#include "local/states/executions.h"

namespace lifeboat::local::states {
namespace {

constexpr auto kRedrivable = std::chrono::days(14);    // after its end
constexpr auto kLongestOpen = std::chrono::days(365);  // from its start
// One event for the redrive, one for what comes of it.
constexpr std::int64_t kMostEventsBefore = flow::kMostEvents - 1;

}  // namespace

std::string Executions::redrive_obstacle(Transaction& tx, const ExecutionRow& row) const {
    if (row.status == "RUNNING" || row.status == "SUCCEEDED")
        return "Execution is " + row.status + " and cannot be redriven";
    const auto machine = machines_.find(tx, row.machine_arn);
    if (!machine) return "State machine is deleted";
    if (machine->status == "DELETING") return "State machine is in DELETING status";
    if (row.last_event >= kMostEventsBefore) return "Execution history event limit exceeded";
    const Time now = site_.clock.now();
    if (now - row.started > kLongestOpen) return "Execution has exceeded the max execution time";
    if (row.stopped && now - *row.stopped > kRedrivable)
        return "Execution redrivable period exceeded";
    return "";
}

Json Executions::redrive(Transaction& tx, const Json& request) {
    const ExecutionRow row = require(tx, request);
    const auto token = find_string(request, "clientToken");
    if (token && row.redrive_token == token)
        return {{"redriveDate", to_epoch_seconds(row.redriven.value())}};
    if (const std::string reason = redrive_obstacle(tx, row); !reason.empty())
        throw Error(ErrorCategory::InvalidInput, "ExecutionNotRedrivable",
                    "Execution is not redrivable. " + reason + ": '" + row.arn + "'");
    if (MapRuns::run_of(tx, row.arn))
        throw Error(ErrorCategory::InvalidInput, "ExecutionNotRedrivable",
                    "Execution is not redrivable. It belongs to a map run; redrive the execution "
                    "that started it: '" +
                        row.arn + "'");
    resume(tx, row, token);
    return {{"redriveDate", to_epoch_seconds(site_.clock.now())}};
}

void Executions::resume(Transaction& tx, const ExecutionRow& row,
                        const std::optional<std::string>& token) {
    ExecutionRow next = row;
    next.status = "RUNNING";
    next.output = next.error = next.cause = std::nullopt;
    next.stopped = std::nullopt;
    next.redriven = site_.clock.now();
    ++next.redrive_count;
    const flow::HistoryRecord record = flow::redriven_record(row.last_sequence, row.last_event,
                                                             next.redrive_count, *next.redriven);
    tx.run(
        "INSERT INTO states_history (execution, sequence, event, record) VALUES (?1, ?2, ?3, ?4)",
        {row.id, record.sequence, record.id, to_text(flow::to_json(record))});
    tx.run(
        "UPDATE states_execution SET status = 'RUNNING', output = NULL, error = NULL, cause = NULL,"
        " stopped = NULL, redrive_count = ?2, redriven = ?3, redrive_token = ?4,"
        " last_sequence = ?5, last_event = ?6 WHERE id = ?1",
        {row.id, next.redrive_count, to_epoch_micros(*next.redriven), token, record.sequence,
         record.id});
    publish_status(tx, next);
    site_.jobs.enqueue(tx, kAdvanceJob, row.arn, Json::object(), *next.redriven);
}

}  // namespace lifeboat::local::states
