#include "local/states/executions.h"

#include "base/error.h"
#include "base/json.h"
#include "local/states/arns.h"
#include "local/states/page_token.h"

namespace lifeboat::local::states {
namespace {

void add_origin(Json& item, const ExecutionRow& row) {
    if (row.version_arn) item["stateMachineVersionArn"] = *row.version_arn;
    if (row.alias_arn) item["stateMachineAliasArn"] = *row.alias_arn;
    item["redriveCount"] = row.redrive_count;
    if (row.redriven) item["redriveDate"] = to_epoch_seconds(*row.redriven);
}

}  // namespace

std::string execution_input(const Json& request) {
    std::string input = string_or(request, "input", "{}");
    if (input.size() > flow::kLongestPayload)
        throw Error(ErrorCategory::InvalidInput, "InvalidExecutionInput",
                    "Invalid State Machine Execution Input: it has more than " +
                        std::to_string(flow::kLongestPayload) + " bytes");
    try {
        flow::check_data(input, "the input");
    } catch (const Error& error) {
        throw Error(ErrorCategory::InvalidInput, "InvalidExecutionInput",
                    "Invalid State Machine Execution Input: '" + error.message() + "'");
    }
    return input;
}

std::vector<Operation> Executions::operations() {
    const auto changing = [this](Json (Executions::*run)(Transaction&, const Json&)) {
        return [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        };
    };
    const auto reading = [this](Json (Executions::*run)(Transaction&, const Json&) const) {
        return [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        };
    };
    std::vector<Operation> all = tasks_.operations();
    for (Operation& operation : map_runs_.operations())
        all.push_back(std::move(operation));
    for (Operation& operation : std::vector<Operation>{
             writes("StartExecution", changing(&Executions::start)),
             writes("StopExecution", changing(&Executions::stop)),
             writes("RedriveExecution", changing(&Executions::redrive)),
             blocks("StartSyncExecution",
                    [this](const Json&request, const Caller&) { return start_sync(request); }),
             reads("DescribeExecution", reading(&Executions::describe)),
             reads("ListExecutions", reading(&Executions::list)),
             reads("GetExecutionHistory", reading(&Executions::history)),
             reads("DescribeStateMachineForExecution", reading(&Executions::describe_machine))})
        all.push_back(std::move(operation));
    return all;
}

ExecutionRow Executions::require(Transaction& tx, const Json& request) const {
    const std::string arn = require_string(request, "executionArn");
    check_arn(arn, "execution");
    if (auto row = find_execution(tx, arn)) return *std::move(row);
    throw Error(ErrorCategory::NotFound, "ExecutionDoesNotExist",
                "Execution Does Not Exist: '" + arn + "'");
}

Json Executions::start(Transaction& tx, const Json& request) {
    const Target target = machines_.resolve(tx, require_string(request, "stateMachineArn"));
    const MachineRow machine = machines_.require_active(tx, target.machine.arn);
    ExecutionRow row;
    row.name = string_or(request, "name", "");
    if (row.name.empty()) row.name = new_uuid(site_.random);
    check_name(row.name);
    row.input = execution_input(request);
    row.arn = machine.is_express()
                  ? express_arn(site_.place, machine.name, row.name, new_uuid(site_.random))
                  : execution_arn(site_.place, machine.name, row.name);
    if (const auto existing = find_execution(tx, row.arn)) {
        if (existing->status != "RUNNING" || existing->input != row.input)
            throw Error(ErrorCategory::AlreadyExists, "ExecutionAlreadyExists",
                        "Execution Already Exists: '" + row.arn + "'");
        return {{"executionArn", row.arn}, {"startDate", to_epoch_seconds(existing->started)}};
    }
    row.machine_arn = machine.arn;
    row.revision = target.revision;
    row.version_arn = target.version_arn;
    row.alias_arn = target.alias_arn;
    row.trace_header = string_or(request, "traceHeader", "");
    const std::string arn = row.arn;
    const std::string role_arn = machines_.revision(tx, row.revision).role_arn;
    begin(tx, std::move(row), role_arn);
    return {{"executionArn", arn}, {"startDate", to_epoch_seconds(site_.clock.now())}};
}

void Executions::begin(Transaction& tx, ExecutionRow row, const std::string& role_arn) {
    row.status = "RUNNING";
    row.started = site_.clock.now();
    tx.run(
        "INSERT INTO states_execution (arn, machine_arn, name, revision, status, input,"
        " trace_header, started, last_sequence, last_event, version_arn, alias_arn)"
        " VALUES (?1, ?2, ?3, ?4, 'RUNNING', ?5, ?6, ?7, 0, 0, ?8, ?9)",
        {row.arn, row.machine_arn, row.name, row.revision, row.input, row.trace_header,
         to_epoch_micros(row.started), row.version_arn, row.alias_arn});
    row.id = tx.last_insert_rowid();
    append(tx, row, {flow::started_record(row.input, role_arn, row.started)});
    if (!row.is_express()) publish_status(tx, row);
    site_.jobs.enqueue(tx, kAdvanceJob, row.arn, Json::object(), row.started);
}

Json Executions::stop(Transaction& tx, const Json& request) {
    const ExecutionRow row = require(tx, request);
    // Stopping what has ended changes nothing.
    if (row.status != "RUNNING")
        return {{"stopDate", to_epoch_seconds(row.stopped.value_or(site_.clock.now()))}};
    const Time now = site_.clock.now();
    Json details = Json::object();
    for (const char* member : {"error", "cause"})
        if (const auto text = find_string(request, member)) details[member] = *text;
    abort(tx, row.arn, details);
    return {{"stopDate", to_epoch_seconds(now)}};
}

void Executions::abort(Transaction& tx, const std::string& arn, const Json& error_details) {
    const auto row = find_execution(tx, arn);
    if (!row || row->status != "RUNNING") return;
    append(tx, *row,
           {flow::aborted_record(row->last_sequence, row->last_event, error_details,
                                 site_.clock.now())});
    site_.jobs.cancel(tx, kAdvanceJob, arn);
}

Json Executions::describe(Transaction& tx, const Json& request) const {
    const ExecutionRow row = require(tx, request);
    const bool data = string_or(request, "includedData", "ALL_DATA") == "ALL_DATA";
    Json answer = {{"executionArn", row.arn},
                   {"stateMachineArn", row.machine_arn},
                   {"name", row.name},
                   {"status", row.status},
                   {"startDate", to_epoch_seconds(row.started)},
                   {"inputDetails", {{"included", data}}},
                   {"redriveStatus", "REDRIVABLE"}};
    add_origin(answer, row);
    const auto run = MapRuns::run_of(tx, row.arn);
    if (run && row.status != "RUNNING" && row.status != "SUCCEEDED") {
        answer["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN";
        if (MapRuns::awaits_redrive(tx, row.arn)) answer["status"] = "PENDING_REDRIVE";
    } else if (const std::string reason = redrive_obstacle(tx, row); !reason.empty()) {
        answer["redriveStatus"] = "NOT_REDRIVABLE";
        answer["redriveStatusReason"] = reason;
    }
    if (data) answer["input"] = row.input;
    if (run) answer["mapRunArn"] = *run;
    if (row.stopped) answer["stopDate"] = to_epoch_seconds(*row.stopped);
    if (row.output) answer["outputDetails"] = {{"included", data}};
    if (row.output && data) answer["output"] = *row.output;
    if (row.error) answer["error"] = *row.error;
    if (row.cause) answer["cause"] = *row.cause;
    if (!row.trace_header.empty()) answer["traceHeader"] = row.trace_header;
    return answer;
}

Json Executions::list(Transaction& tx, const Json& request) const {
    const auto machine = find_string(request, "stateMachineArn");
    const bool of_map_run = find(request, "mapRunArn") != nullptr;
    if (of_map_run == machine.has_value())
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "Must provide either a stateMachineArn or a mapRunArn");
    if (of_map_run) return map_runs_.list_children(tx, request);
    const Target target = machines_.resolve(tx, *machine);
    if (target.machine.is_express())
        throw Error(ErrorCategory::InvalidInput, "StateMachineTypeNotSupported",
                    "This operation is not supported by this type of state machine");
    const std::int64_t limit = page_size(request);
    const auto status = find_string(request, "statusFilter");
    Json executions = Json::array();
    std::optional<std::string> next;
    std::int64_t last = 0;
    const auto visit = [&](const Row& found) {
        const ExecutionRow row = execution_row(found);
        if (static_cast<std::int64_t>(executions.size()) == limit) {
            next = page_token(last);
            return false;
        }
        last = row.id;
        Json item = {{"executionArn", row.arn},
                     {"stateMachineArn", row.machine_arn},
                     {"name", row.name},
                     {"status", row.status},
                     {"startDate", to_epoch_seconds(row.started)}};
        add_origin(item, row);
        if (row.stopped) item["stopDate"] = to_epoch_seconds(*row.stopped);
        executions.push_back(std::move(item));
        return true;
    };
    // Unused parameters are NULL; the texts are few, so their statements stay prepared.
    std::string select = "SELECT " + std::string(kExecutionColumns) +
                         " FROM states_execution WHERE machine_arn = ?1 AND id < ?2"
                         " AND (?4 IS NULL OR version_arn = ?4) AND (?5 IS NULL OR alias_arn = ?5)"
                         " AND (?6 IS NULL OR (redrive_count > 0) = ?6)";
    if (status) select += " AND status = ?7";
    select += " ORDER BY id DESC LIMIT ?3";
    const std::int64_t before =
        page_start(request).value_or(std::numeric_limits<std::int64_t>::max());
    std::optional<std::int64_t> redriven;
    if (const auto filter = find_string(request, "redriveFilter"))
        redriven = *filter == "REDRIVEN" ? 1 : 0;
    // An alias stands for all its versions.
    const auto version = target.alias_arn ? std::nullopt : target.version_arn;
    if (status)
        tx.each(
            select,
            {target.machine.arn, before, limit + 1, version, target.alias_arn, redriven, *status},
            visit);
    else
        tx.each(select,
                {target.machine.arn, before, limit + 1, version, target.alias_arn, redriven},
                visit);
    Json answer = {{"executions", std::move(executions)}};
    if (next) answer["nextToken"] = *next;
    return answer;
}

Json Executions::history(Transaction& tx, const Json& request) const {
    const ExecutionRow row = require(tx, request);
    const bool reverse = bool_or(request, "reverseOrder", false);
    const bool data = bool_or(request, "includeExecutionData", true);
    const std::int64_t limit = page_size(request);
    Json events = Json::array();
    std::optional<std::string> next;
    std::int64_t last = 0;
    const auto visit = [&](const Row& found) {
        if (static_cast<std::int64_t>(events.size()) == limit) {
            next = page_token(last);
            return false;
        }
        const auto record =
            flow::history_record_from_json(parse_json(found.text(0), "a history record"));
        last = record.id;
        events.push_back(flow::to_history_event(record, data));
        return true;
    };
    const auto start = page_start(request);
    if (reverse)
        tx.each(
            "SELECT record FROM states_history WHERE execution = ?1 AND event > 0 AND event < ?2"
            " ORDER BY event DESC LIMIT ?3",
            {row.id, start.value_or(std::numeric_limits<std::int64_t>::max()), limit + 1}, visit);
    else
        tx.each(
            "SELECT record FROM states_history WHERE execution = ?1 AND event > ?2"
            " ORDER BY event LIMIT ?3",
            {row.id, std::max<std::int64_t>(start.value_or(0), 0), limit + 1}, visit);
    Json answer = {{"events", std::move(events)}};
    if (next) answer["nextToken"] = *next;
    return answer;
}

Json Executions::describe_machine(Transaction& tx, const Json& request) const {
    const ExecutionRow row = require(tx, request);
    const RevisionRow revision = machines_.revision(tx, row.revision);
    const bool data = string_or(request, "includedData", "ALL_DATA") == "ALL_DATA";
    return {{"stateMachineArn", row.machine_arn},
            {"name", row.machine_arn.substr(row.machine_arn.rfind(':') + 1)},
            {"definition", data ? revision.definition : ""},
            {"roleArn", revision.role_arn},
            {"updateDate", to_epoch_seconds(revision.created)},
            {"loggingConfiguration", {{"level", "OFF"}, {"includeExecutionData", false}}},
            {"tracingConfiguration", {{"enabled", false}}},
            {"revisionId", row.revision}};
}

std::optional<flow::Callback> Executions::callback(const std::string& token) {
    return tasks_.callback(token);
}

std::optional<flow::MapRunState> Executions::map_run(const std::string& arn) {
    return map_runs_.state(arn);
}

std::vector<flow::ChildResult> Executions::map_run_children(const std::string& arn,
                                                            std::size_t from) {
    return map_runs_.children(arn, from);
}

void Executions::redrive_map_run(const std::string& arn, std::int64_t count) {
    map_runs_.redrive(arn, count);
}

void Executions::start_map_run(const flow::MapRunPlan& plan) {
    map_runs_.start(plan);
}

void Executions::append(Transaction& tx, ExecutionRow row,
                        const std::vector<flow::HistoryRecord>& records) {
    const std::int64_t follows = records.front().sequence - 1;
    for (const flow::HistoryRecord& record : records) {
        row.last_sequence = record.sequence;
        if (record.id != 0) row.last_event = record.id;
        row.note_end(record);
    }
    const std::optional<std::int64_t> stopped =
        row.stopped ? std::optional(to_epoch_micros(*row.stopped)) : std::nullopt;
    const std::int64_t changed = tx.run(
        "UPDATE states_execution SET status = ?2, output = ?3, error = ?4, cause = ?5,"
        " stopped = ?6, last_sequence = ?7, last_event = ?8"
        " WHERE id = ?1 AND last_sequence = ?9 AND status = 'RUNNING'",
        {row.id, row.status, row.output, row.error, row.cause, stopped, row.last_sequence,
         row.last_event, follows});
    if (changed != 1)
        throw Error(ErrorCategory::Cancelled, "ExecutionChanged",
                    "the execution " + row.arn + " was changed by somebody else");
    for (const flow::HistoryRecord& record : records) {
        tx.run(
            "INSERT INTO states_history (execution, sequence, event, record)"
            " VALUES (?1, ?2, ?3, ?4)",
            {row.id, record.sequence, record.id, to_text(flow::to_json(record))});
        tasks_.note(tx, row.arn, record);
        release(tx, record);
    }
    if (row.status == "RUNNING") return;
    for (const std::string& child : Tasks::waited_for(tx, row.arn))
        abort(tx, child, Json::object());
    tasks_.ended(tx, row.arn);
    map_runs_.note_end(tx, row);
    if (row.is_express()) {
        tx.run("DELETE FROM states_history WHERE execution = ?1", {row.id});
        // A map run still asks its children what came of them.
        if (!MapRuns::run_of(tx, row.arn))
            tx.run("DELETE FROM states_execution WHERE id = ?1", {row.id});
    } else {
        publish_status(tx, row);
    }
    Machines::finish_deletion(tx, row.machine_arn);
}

void Executions::release(Transaction& tx, const flow::HistoryRecord& record) {
    const Json* released = record.beside == nullptr ? nullptr : find(*record.beside, "released");
    if (released == nullptr) return;
    for (const Json& child : released->value("executions", Json::array()))
        abort(tx, child, Json::object());
    for (const Json& run : released->value("mapRuns", Json::array()))
        map_runs_.abort(tx, run);
}

void Executions::publish_status(Transaction& tx, const ExecutionRow& row) {
    // EventBridge takes no event above 256 KiB; AWS leaves data out from 248 KiB on.
    constexpr std::size_t kMostData = 253'952;
    const bool whole = row.input.size() + row.output.value_or("").size() <= kMostData;
    const auto millis = [](Time time) { return to_epoch_micros(time) / 1000; };
    const auto text = [](const std::optional<std::string>& value) {
        return value ? Json(*value) : Json();
    };
    Json detail = {{"executionArn", row.arn},
                   {"stateMachineArn", row.machine_arn},
                   {"name", row.name},
                   {"status", row.status},
                   {"startDate", millis(row.started)},
                   {"stopDate", row.stopped ? Json(millis(*row.stopped)) : Json()},
                   {"input", whole ? Json(row.input) : Json()},
                   {"inputDetails", {{"included", whole}}},
                   {"output", whole ? text(row.output) : Json()},
                   {"outputDetails", row.output ? Json{{"included", whole}} : Json()},
                   {"error", text(row.error)},
                   {"cause", text(row.cause)}};
    site_.events.publish(tx, {{"version", "0"},
                              {"id", new_uuid(site_.random)},
                              {"detail-type", "Step Functions Execution Status Change"},
                              {"source", "aws.states"},
                              {"account", site_.place.account},
                              {"time", to_iso8601(site_.clock.now())},
                              {"region", site_.place.region},
                              {"resources", Json::array({row.arn})},
                              {"detail", std::move(detail)}});
}

}  // namespace lifeboat::local::states
