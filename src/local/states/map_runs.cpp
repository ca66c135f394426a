#include "local/states/map_runs.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "flow/child_machine.h"
#include "local/states/arns.h"
#include "local/states/executions.h"
#include "local/states/map_run_rows.h"
#include "local/states/page_token.h"

namespace lifeboat::local::states {

namespace {

constexpr std::string_view kMapRunJob = "states.map-run";   // keyed by map run ARN
constexpr std::int64_t kStartsAtOnce = 200;                 // children per transaction
constexpr std::size_t kReadAtOnce = std::size_t{4} << 20U;  // bytes of children's data
constexpr std::size_t kMostProcessors = 64;                 // kept as machines of their own

}  // namespace

std::vector<Operation> MapRuns::operations() {
    return {reads("DescribeMapRun", [this](Transaction& tx, const Json& request,
                                           const Caller&) { return describe(tx, request); }),
            reads("ListMapRuns", [this](Transaction& tx, const Json& request,
                                        const Caller&) { return list(tx, request); }),
            writes("UpdateMapRun", [this](Transaction& tx, const Json& request, const Caller&) {
                return update(tx, request);
            })};
}

void MapRuns::prepare() {
    site_.jobs.handle(std::string(kMapRunJob), [this](const Job& job) { return drive(job); });
}

void MapRuns::wake(Transaction& tx, const std::string& arn) {
    site_.jobs.enqueue(tx, kMapRunJob, arn, Json::object(), site_.clock.now());
}

void MapRuns::start(const flow::MapRunPlan& plan) {
    const std::string machine_arn = states::machine_arn(site_.place, plan.machine_name);
    site_.database.write([&](Transaction& tx) {
        if (find_run(tx, plan.arn)) return;
        const auto parent = find_execution(tx, plan.execution_arn);
        if (!parent || parent->status != "RUNNING")
            throw Error(ErrorCategory::Cancelled, "ExecutionChanged",
                        "the execution " + plan.execution_arn + " was ended by somebody else");
        tx.run(
            "INSERT INTO states_map_run (arn, execution, machine_arn, revision, processor, status,"
            " started, concurrency, total, tolerated_count, tolerated_percentage, exported, "
            "express)"
            " VALUES (?1, ?2, ?3, ?4, ?5, 'RUNNING', ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            {plan.arn, plan.execution_arn, machine_arn, parent->revision, plan.processor,
             to_epoch_micros(site_.clock.now()), plan.concurrency,
             static_cast<std::int64_t>(plan.inputs.size()), plan.tolerated_count,
             plan.tolerated_percentage, plan.exported ? 1 : 0, plan.express ? 1 : 0});
        const bool batched = plan.items != static_cast<std::int64_t>(plan.inputs.size());
        for (std::size_t i = 0; i < plan.inputs.size(); ++i)
            tx.run(
                "INSERT INTO states_map_child (run, place, input, items, status)"
                " VALUES (?1, ?2, ?3, ?4, 'PENDING')",
                {plan.arn, static_cast<std::int64_t>(i), to_text(*plan.inputs[i]),
                 batched ? static_cast<std::int64_t>(plan.inputs[i]->at("Items").size()) : 1});
        wake(tx, plan.arn);
    });
}

JobResult MapRuns::drive(const Job& job) {
    bool more = false;
    fault::reach("states.before-children");
    site_.database.write([&](Transaction& tx) {
        const auto run = find_run(tx, job.key);
        if (!run) return;
        auto found = child_counts(tx, run->arn);
        const auto end = [&](const char* status) {
            tx.run("UPDATE states_map_run SET status = ?2, stopped = ?3 WHERE arn = ?1",
                   {run->arn, status, to_epoch_micros(site_.clock.now())});
            for (const std::string& child : children_of(tx, run->arn, "RUNNING"))
                executions_.abort(tx, child, Json::object());
            site_.jobs.enqueue(tx, kAdvanceJob, run->execution, Json::object(), site_.clock.now());
        };
        if (run->status != "RUNNING") {
            for (const std::string& child : children_of(tx, run->arn, "RUNNING"))
                executions_.abort(tx, child, Json::object());
            return;
        }
        const std::int64_t failed = found["FAILED"] + found["TIMED_OUT"] + found["ABORTED"];
        if (flow::threshold_exceeded(failed, run->total, run->tolerated_count,
                                     run->tolerated_percentage))
            return end("FAILED");
        if (found["PENDING"] + found["PENDING_REDRIVE"] + found["RUNNING"] == 0)
            return end("SUCCEEDED");
        const std::int64_t room = run->concurrency - found["RUNNING"];
        if (room <= 0) return;
        const std::int64_t wanted = std::min(room, kStartsAtOnce);
        std::vector<Child> next;
        // Told which index: by the primary key all that have ended would be passed first.
        const auto first_of = [](const std::string& status) {
            return "SELECT * FROM (SELECT place, input, execution FROM states_map_child"
                   " INDEXED BY states_map_child_by_status WHERE run = ?1 AND status = '" +
                   status + "' ORDER BY place LIMIT ?2)";
        };
        tx.each(first_of("PENDING") + " UNION ALL " + first_of("PENDING_REDRIVE") +
                    " ORDER BY place LIMIT ?2",
                {run->arn, wanted}, [&](const Row& row) {
                    next.push_back({row.integer(0), row.string(1),
                                    row.is_null(2) ? std::nullopt : std::optional(row.string(2))});
                    return true;
                });
        for (Child& child : next)
            run_child(tx, *run, std::move(child));
        more = static_cast<std::int64_t>(next.size()) == wanted && wanted < room;
    });
    fault::reach("states.after-children");
    return more ? again_at(site_.clock.now()) : finished();
}

void MapRuns::run_child(Transaction& tx, const RunRow& run, Child child) {
    const auto note = [&](const std::string& execution) {
        tx.run(
            "UPDATE states_map_child SET status = 'RUNNING', execution = ?3"
            " WHERE run = ?1 AND place = ?2",
            {run.arn, child.place, execution});
    };
    // EXPRESS executions keep no history to go on from: they start anew.
    if (child.execution && !run.express) {
        note(*child.execution);
        return executions_.resume(tx, find_execution(tx, *child.execution).value(), std::nullopt);
    }
    ExecutionRow row;
    row.name = new_uuid(site_.random);
    row.machine_arn = run.machine_arn;
    const std::string machine = run.machine_arn.substr(run.machine_arn.rfind(':') + 1);
    row.arn = run.express ? express_arn(site_.place, machine, row.name, new_uuid(site_.random))
                          : execution_arn(site_.place, machine, row.name);
    row.revision = run.revision;
    row.input = std::move(child.input);
    note(row.arn);
    if (child.execution) tx.run("DELETE FROM states_execution WHERE arn = ?1", {*child.execution});
    executions_.begin(tx, std::move(row), machines_.revision(tx, run.revision).role_arn);
}

void MapRuns::redrive(const std::string& arn, std::int64_t count) {
    site_.database.write([&](Transaction& tx) {
        const auto run = find_run(tx, arn);
        if (!run || run->redrives >= count) return;
        tx.run(
            "UPDATE states_map_child SET status = CASE WHEN execution IS NULL THEN 'PENDING' ELSE"
            " 'PENDING_REDRIVE' END WHERE run = ?1 AND status IN ('FAILED', 'TIMED_OUT',"
            " 'ABORTED')",
            {arn});
        tx.run(
            "UPDATE states_map_run SET status = 'RUNNING', stopped = NULL, redrive_count = ?2,"
            " redriven = ?3 WHERE arn = ?1",
            {arn, count, to_epoch_micros(site_.clock.now())});
        wake(tx, arn);
    });
}

void MapRuns::abort(Transaction& tx, const std::string& arn) {
    const std::int64_t changed = tx.run(
        "UPDATE states_map_run SET status = 'ABORTED', stopped = ?2"
        " WHERE arn = ?1 AND status = 'RUNNING'",
        {arn, to_epoch_micros(site_.clock.now())});
    if (changed != 0) wake(tx, arn);
}

bool MapRuns::awaits_redrive(Transaction& tx, const std::string& execution) {
    return tx
        .one("SELECT 1 FROM states_map_child WHERE execution = ?1 AND status = 'PENDING_REDRIVE'",
             {execution}, [](const Row&) { return true; })
        .has_value();
}

void MapRuns::note_end(Transaction& tx, const ExecutionRow& row) {
    const auto run = run_of(tx, row.arn);
    if (run) {
        tx.run("UPDATE states_map_child SET status = ?2 WHERE execution = ?1",
               {row.arn, row.status});
        wake(tx, *run);
    }
    std::vector<std::string> open;
    tx.each("SELECT arn FROM states_map_run WHERE execution = ?1 AND status = 'RUNNING'", {row.arn},
            [&](const Row& found) {
                open.push_back(found.string(0));
                return true;
            });
    for (const std::string& arn : open)
        abort(tx, arn);
}

std::optional<std::string> MapRuns::run_of(Transaction& tx, const std::string& execution) {
    return tx.one("SELECT run FROM states_map_child WHERE execution = ?1", {execution},
                  [](const Row& row) { return row.string(0); });
}

std::optional<flow::MapRunState> MapRuns::state(const std::string& arn) {
    using Status = flow::MapRunState::Status;
    return site_.database.read([&](Transaction& tx) -> std::optional<flow::MapRunState> {
        const auto run = find_run(tx, arn);
        if (!run) return std::nullopt;
        flow::MapRunState state;
        state.status = run->status == "RUNNING"     ? Status::Running
                       : run->status == "SUCCEEDED" ? Status::Succeeded
                       : run->status == "FAILED"    ? Status::Failed
                                                    : Status::Aborted;
        state.redrives = run->redrives;
        return state;
    });
}

std::vector<flow::ChildResult> MapRuns::children(const std::string& arn, std::size_t from) const {
    std::vector<flow::ChildResult> children;
    std::size_t bytes = 0;
    site_.database.read([&](Transaction& tx) {
        tx.each(
            "SELECT c.status, c.input, e.arn, e.name, e.output, e.error, e.cause, e.started,"
            " e.stopped FROM states_map_child c LEFT JOIN states_execution e ON e.arn = c.execution"
            " WHERE c.run = ?1 AND c.place >= ?2 ORDER BY c.place",
            {arn, static_cast<std::int64_t>(from)}, [&](const Row& row) {
                flow::ChildResult child;
                child.status = row.string(0);
                child.input = row.string(1);
                if (!row.is_null(2)) child.arn = row.string(2);
                if (!row.is_null(3)) child.name = row.string(3);
                if (!row.is_null(4)) child.output = row.string(4);
                if (!row.is_null(5)) child.error = row.string(5);
                if (!row.is_null(6)) child.cause = row.string(6);
                if (!row.is_null(7)) child.started = from_epoch_micros(row.integer(7));
                if (!row.is_null(8)) child.stopped = from_epoch_micros(row.integer(8));
                bytes += sizeof child + child.arn.size() + child.name.size() + child.input.size();
                for (const auto* text : {&child.output, &child.error, &child.cause})
                    bytes += *text ? (*text)->size() : 0;
                children.push_back(std::move(child));
                return bytes < kReadAtOnce;
            });
    });
    return children;
}

std::shared_ptr<const flow::Machine> MapRuns::machine_of(const ExecutionRow& row) {
    const auto processor = site_.database.read([&](Transaction& tx) {
        return tx.one(
            "SELECT r.processor FROM states_map_child c JOIN states_map_run r ON r.arn = c.run"
            " WHERE c.execution = ?1",
            {row.arn}, [](const Row& found) { return found.string(0); });
    });
    auto whole = machines_.parsed(row.revision);
    if (!processor) return whole;
    const std::scoped_lock lock(mutex_);
    const auto key = std::pair(row.revision, *processor);
    if (const auto kept = processors_.find(key); kept != processors_.end()) return kept->second;
    if (processors_.size() >= kMostProcessors) processors_.erase(processors_.begin());
    return processors_.emplace(key, flow::child_machine(*whole, *processor)).first->second;
}

Json MapRuns::describe(Transaction& tx, const Json& request) const {
    const RunRow run = require_run(tx, request);
    Json answer = {{"mapRunArn", run.arn},
                   {"executionArn", run.execution},
                   {"status", run.status},
                   {"startDate", to_epoch_seconds(run.started)},
                   {"maxConcurrency", run.concurrency},
                   {"toleratedFailureCount", run.tolerated_count.value_or(0)},
                   {"toleratedFailurePercentage", run.tolerated_percentage.value_or(0)},
                   {"itemCounts", counts_member(child_counts(tx, run.arn, "items"), run)},
                   {"executionCounts", counts_member(child_counts(tx, run.arn), run)},
                   {"redriveCount", run.redrives}};
    if (run.redriven) answer["redriveDate"] = to_epoch_seconds(*run.redriven);
    if (run.stopped) answer["stopDate"] = to_epoch_seconds(*run.stopped);
    return answer;
}

Json MapRuns::list(Transaction& tx, const Json& request) const {
    const std::string execution = require_string(request, "executionArn");
    check_arn(execution, "execution");
    if (!find_execution(tx, execution))
        throw Error(ErrorCategory::NotFound, "ExecutionDoesNotExist",
                    "Execution Does Not Exist: '" + execution + "'");
    const std::int64_t limit = page_size(request);
    Json answer = {{"mapRuns", Json::array()}};
    std::int64_t last = 0;
    tx.each(
        "SELECT id, arn, machine_arn, started, stopped FROM states_map_run WHERE execution = ?1"
        " AND id > ?2 ORDER BY id LIMIT ?3",
        {execution, page_start(request).value_or(0), limit + 1}, [&](const Row& row) {
            if (static_cast<std::int64_t>(answer["mapRuns"].size()) == limit) {
                answer["nextToken"] = page_token(last);
                return false;
            }
            last = row.integer(0);
            Json item = {{"executionArn", execution},
                         {"mapRunArn", row.string(1)},
                         {"stateMachineArn", row.string(2)},
                         {"startDate", to_epoch_seconds(from_epoch_micros(row.integer(3)))}};
            if (!row.is_null(4))
                item["stopDate"] = to_epoch_seconds(from_epoch_micros(row.integer(4)));
            answer["mapRuns"].push_back(std::move(item));
            return true;
        });
    return answer;
}

Json MapRuns::update(Transaction& tx, const Json& request) {
    const RunRow run = require_run(tx, request);
    if (run.status != "RUNNING")
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "The map run has ended and cannot be updated: '" + run.arn + "'");
    auto concurrency = find_integer(request, "maxConcurrency");
    if (concurrency && *concurrency == 0) concurrency = 10'000;  // "without limit"
    auto percentage = run.tolerated_percentage;
    if (const Json* given = lifeboat::find(request, "toleratedFailurePercentage"))
        percentage = given->get<double>();
    auto count = find_integer(request, "toleratedFailureCount");
    if (!count) count = run.tolerated_count;
    tx.run(
        "UPDATE states_map_run SET concurrency = ?2, tolerated_count = ?3,"
        " tolerated_percentage = ?4 WHERE arn = ?1",
        {run.arn, concurrency.value_or(run.concurrency), count, percentage});
    wake(tx, run.arn);
    return Json::object();
}

Json MapRuns::list_children(Transaction& tx, const Json& request) const {
    const RunRow run = require_run(tx, request);
    if (run.express)
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "The children of this map run are EXPRESS executions, which are not listed: '" +
                        run.arn + "'");
    const std::int64_t limit = page_size(request);
    const std::string status = string_or(request, "statusFilter", "");
    Json answer = {{"executions", Json::array()}};
    std::int64_t last = -1;
    tx.each(
        "SELECT c.place, e.arn, e.name, iif(c.status = 'PENDING_REDRIVE', c.status, e.status),"
        " e.started, e.stopped, c.items, e.redrive_count, e.redriven"
        " FROM states_map_child c JOIN states_execution e ON e.arn = c.execution"
        " WHERE c.run = ?1 AND c.place > ?2 AND (?3 = '' OR c.status = ?3)"
        " ORDER BY c.place LIMIT ?4",
        {run.arn, page_start(request).value_or(-1), status, limit + 1}, [&](const Row& row) {
            if (static_cast<std::int64_t>(answer["executions"].size()) == limit) {
                answer["nextToken"] = page_token(last);
                return false;
            }
            last = row.integer(0);
            Json item = {{"executionArn", row.string(1)},
                         {"stateMachineArn", run.machine_arn},
                         {"name", row.string(2)},
                         {"status", row.string(3)},
                         {"startDate", to_epoch_seconds(from_epoch_micros(row.integer(4)))},
                         {"mapRunArn", run.arn},
                         {"itemCount", row.integer(6)},
                         {"redriveCount", row.integer(7)}};
            if (!row.is_null(8))
                item["redriveDate"] = to_epoch_seconds(from_epoch_micros(row.integer(8)));
            if (!row.is_null(5))
                item["stopDate"] = to_epoch_seconds(from_epoch_micros(row.integer(5)));
            answer["executions"].push_back(std::move(item));
            return true;
        });
    return answer;
}

}  // namespace lifeboat::local::states
