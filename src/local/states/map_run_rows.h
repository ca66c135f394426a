// Map runs and their children as rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/database.h"

namespace lifeboat::local::states {

struct RunRow {
    std::string arn, execution, machine_arn, revision, status;
    Time started;
    std::optional<Time> stopped;
    std::int64_t concurrency = 0, total = 0;
    std::optional<std::int64_t> tolerated_count;
    std::optional<double> tolerated_percentage;
    bool exported = false, express = false;
    std::int64_t redrives = 0;
    std::optional<Time> redriven;
};

std::optional<RunRow> find_run(Transaction& tx, const std::string& arn);
// The run a request names by `mapRunArn`. Throws Error{NotFound, "ResourceNotFound"}.
RunRow require_run(Transaction& tx, const Json& request);

// Per status; `of` is what is counted, "children" or "items".
std::map<std::string, std::int64_t> child_counts(Transaction& tx, const std::string& arn,
                                                 const std::string& of = "children");
// As DescribeMapRun shows them.
Json counts_member(const std::map<std::string, std::int64_t>& found, const RunRow& run);
// The ARNs of the children that are in that state and have been started.
std::vector<std::string> children_of(Transaction& tx, const std::string& arn, const char* status);

std::string map_runs_schema();
std::string map_runs_export_schema();   // what came to it later
std::string map_runs_redrive_schema();  // and then
std::string map_runs_count_schema();    // and then

}  // namespace lifeboat::local::states
