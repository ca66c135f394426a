#include "local/states/execution_row.h"

#include "base/json.h"
#include "cloud/arn.h"

namespace lifeboat::local::states {
namespace {

std::optional<std::string> optional_text(const Row& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.string(column));
}

}  // namespace

bool ExecutionRow::is_express() const {
    return cloud::parse_arn(arn)->resource.starts_with("express:");
}

void ExecutionRow::note_end(const flow::HistoryRecord& record) {
    if (record.type == "ExecutionSucceeded")
        status = "SUCCEEDED";
    else if (record.type == "ExecutionFailed")
        status = "FAILED";
    else if (record.type == "ExecutionTimedOut")
        status = "TIMED_OUT";
    else if (record.type == "ExecutionAborted")
        status = "ABORTED";
    else
        return;
    stopped = record.at;
    output = find_string(*record.details, "output");
    error = find_string(*record.details, "error");
    cause = find_string(*record.details, "cause");
}

ExecutionRow execution_row(const Row& row) {
    ExecutionRow found;
    found.id = row.integer(0);
    found.arn = row.string(1);
    found.machine_arn = row.string(2);
    found.name = row.string(3);
    found.revision = row.string(4);
    found.status = row.string(5);
    found.input = row.string(6);
    found.trace_header = row.string(7);
    found.output = optional_text(row, 8);
    found.error = optional_text(row, 9);
    found.cause = optional_text(row, 10);
    found.started = from_epoch_micros(row.integer(11));
    if (!row.is_null(12)) found.stopped = from_epoch_micros(row.integer(12));
    found.last_sequence = row.integer(13);
    found.last_event = row.integer(14);
    found.version_arn = optional_text(row, 15);
    found.alias_arn = optional_text(row, 16);
    found.redrive_count = row.integer(17);
    if (!row.is_null(18)) found.redriven = from_epoch_micros(row.integer(18));
    found.redrive_token = optional_text(row, 19);
    return found;
}

std::optional<ExecutionRow> find_execution(Transaction& tx, const std::string& arn) {
    static const std::string kSelect =
        "SELECT " + std::string(kExecutionColumns) + " FROM states_execution WHERE arn = ?1";
    return tx.one(kSelect, {arn}, execution_row);
}

}  // namespace lifeboat::local::states
