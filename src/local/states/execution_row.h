// An execution as a row: what answers descriptions without reading its history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flow/history.h"
#include "local/database.h"

namespace lifeboat::local::states {

struct ExecutionRow {
    std::int64_t id = 0;
    std::string arn, machine_arn, name, revision, status, input, trace_header;
    std::optional<std::string> output, error, cause, version_arn, alias_arn;
    Time started;
    std::optional<Time> stopped, redriven;
    std::int64_t redrive_count = 0;
    std::optional<std::string> redrive_token;  // the client's, of the last redrive
    std::int64_t last_sequence = 0;
    std::int64_t last_event = 0;

    // Executions of EXPRESS machines are forgotten when they end.
    bool is_express() const;
    // What a record that ends an execution says about it; nothing for other records.
    void note_end(const flow::HistoryRecord& record);
};

// Of states_execution, in the order execution_row() reads them.
inline constexpr std::string_view kExecutionColumns =
    "id, arn, machine_arn, name, revision, status, input, trace_header, output, error, cause, "
    "started, stopped, last_sequence, last_event, version_arn, alias_arn, redrive_count, redriven, "
    "redrive_token";
ExecutionRow execution_row(const Row& row);
std::optional<ExecutionRow> find_execution(Transaction& tx, const std::string& arn);

}  // namespace lifeboat::local::states
