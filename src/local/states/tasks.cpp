#include "local/states/tasks.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/states/arns.h"
#include "local/states/executions.h"
#include "local/states/page_token.h"
#include "local/states/tags.h"

namespace lifeboat::local::states {
namespace {

constexpr auto kLongPoll = std::chrono::seconds(60);  // GetActivityTask

Error activity_missing(const std::string& arn) {
    return {ErrorCategory::NotFound, "ActivityDoesNotExist",
            "Activity does not exist: '" + arn + "'"};
}

std::optional<std::int64_t> find_activity(Transaction& tx, const std::string& arn) {
    return tx.one("SELECT id FROM states_activity WHERE arn = ?1", {arn},
                  [](const Row& row) { return row.integer(0); });
}

// Accepting what is then forgotten would be worse.
void refuse_what_activities_lack(const Json& request) {
    const Json* encryption = lifeboat::find(request, "encryptionConfiguration");
    if (encryption != nullptr && string_or(*encryption, "type", "") != "AWS_OWNED_KEY")
        throw Error(
            ErrorCategory::Unsupported, "ValidationException",
            "1 validation error detected: Value at 'encryptionConfiguration' cannot be used: "
            "only the type AWS_OWNED_KEY is offered here");
}

}  // namespace

std::string tasks_schema() {
    return "CREATE TABLE states_activity ("
           " id INTEGER PRIMARY KEY AUTOINCREMENT,"
           " arn TEXT NOT NULL UNIQUE,"
           " name TEXT NOT NULL,"
           " created INTEGER NOT NULL);"
           "CREATE TABLE states_task ("
           " id INTEGER PRIMARY KEY AUTOINCREMENT,"
           " token TEXT NOT NULL UNIQUE,"
           " execution TEXT NOT NULL,"
           " activity TEXT,"  // its ARN; null: the token was given away by a call
           " input TEXT,"     // of an activity's task
           " worker TEXT,"    // null: nobody took it
           " beat INTEGER,"
           " output TEXT,"
           " error TEXT,"
           " cause TEXT,"
           " state TEXT NOT NULL);"  // OPEN, SUCCEEDED, FAILED, CLOSED
           "CREATE INDEX states_task_of_execution ON states_task (execution)"
           " WHERE state <> 'CLOSED';"
           "CREATE INDEX states_task_to_take ON states_task (activity, id)"
           " WHERE state = 'OPEN' AND worker IS NULL;"
           "CREATE TABLE states_wait ("  // executions that wait for the end of another
           " ended TEXT NOT NULL,"
           " waiting TEXT NOT NULL,"
           " PRIMARY KEY (ended, waiting)) WITHOUT ROWID;";
}

std::vector<Operation> Tasks::operations() {
    const auto changing = [this](const char* name, Json (Tasks::*run)(Transaction&, const Json&)) {
        return writes(name, [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        });
    };
    const auto reading = [this](const char* name,
                                Json (Tasks::*run)(Transaction&, const Json&) const) {
        return reads(name, [this, run](Transaction& tx, const Json& request, const Caller&) {
            return (this->*run)(tx, request);
        });
    };
    return {changing("CreateActivity", &Tasks::create),
            reading("DescribeActivity", &Tasks::describe),
            reading("ListActivities", &Tasks::list),
            changing("DeleteActivity", &Tasks::remove),
            blocks("GetActivityTask",
                   [this](const Json& request, const Caller&) { return take(request); }),
            changing("SendTaskSuccess", &Tasks::succeed),
            changing("SendTaskFailure", &Tasks::fail),
            changing("SendTaskHeartbeat", &Tasks::beat)};
}

Json Tasks::create(Transaction& tx, const Json& request) {
    const std::string name = require_string(request, "name");
    check_name(name);
    refuse_what_activities_lack(request);
    const std::string arn = cloud::arn_of(site_.place, "states", "activity:" + name);
    Json tags = Json::object();
    merge_tags(tags, request.value("tags", Json::array()));
    // The tags of an activity that exists stay as they are, as on AWS.
    tx.run(
        "INSERT OR IGNORE INTO states_activity (arn, name, created, tags) VALUES (?1, ?2, ?3, ?4)",
        {arn, name, to_epoch_micros(site_.clock.now()), to_text(tags)});
    Json answer = describe(tx, {{"activityArn", arn}});
    answer.erase("name");
    return answer;
}

Json Tasks::describe(Transaction& tx, const Json& request) const {
    const std::string arn = require_string(request, "activityArn");
    check_arn(arn, "activity");
    const auto found = tx.one(
        "SELECT name, created FROM states_activity WHERE arn = ?1", {arn}, [&](const Row& row) {
            return Json{{"activityArn", arn},
                        {"name", row.string(0)},
                        {"creationDate", to_epoch_seconds(from_epoch_micros(row.integer(1)))}};
        });
    if (!found) throw activity_missing(arn);
    return *found;
}

Json Tasks::list(Transaction& tx, const Json& request) const {
    const std::int64_t limit = page_size(request);
    Json activities = Json::array();
    Json answer = Json::object();
    std::int64_t last = 0;
    tx.each("SELECT id, arn, name, created FROM states_activity WHERE id > ?1 ORDER BY id LIMIT ?2",
            {page_start(request).value_or(0), limit + 1}, [&](const Row& row) {
                if (static_cast<std::int64_t>(activities.size()) == limit) {
                    answer["nextToken"] = page_token(last);
                    return false;
                }
                last = row.integer(0);
                activities.push_back(
                    {{"activityArn", row.string(1)},
                     {"name", row.string(2)},
                     {"creationDate", to_epoch_seconds(from_epoch_micros(row.integer(3)))}});
                return true;
            });
    answer["activities"] = std::move(activities);
    return answer;
}

Json Tasks::remove(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "activityArn");
    check_arn(arn, "activity");
    tx.run("DELETE FROM states_activity WHERE arn = ?1", {arn});
    return Json::object();
}

Json Tasks::take(const Json& request) {
    const std::string arn = require_string(request, "activityArn");
    const std::string worker = string_or(request, "workerName", "");
    check_arn(arn, "activity");
    const Time until = site_.clock.now() + kLongPoll;
    ClockWatch watch(site_.clock);
    for (;;) {
        const auto id =
            site_.database.read([&](Transaction& tx) { return find_activity(tx, arn); });
        if (!id) throw activity_missing(arn);
        const std::uint64_t seen = arrivals_.count(*id);
        if (const auto task = try_take(arn, worker)) return *task;
        if (site_.clock.now() >= until || arrivals_.is_stopped() || watch.set_back() > Duration(0))
            return Json::object();
        arrivals_.wait(*id, seen, until, site_.clock);
    }
}

std::optional<Json> Tasks::try_take(const std::string& activity, const std::string& worker) {
    const auto first = [&](Transaction& tx) {
        return tx.one(
            "SELECT id, token, input, execution FROM states_task WHERE activity = ?1"
            " AND state = 'OPEN' AND worker IS NULL ORDER BY id LIMIT 1",
            {activity}, [](const Row& row) {
                return std::tuple(row.integer(0), row.string(1), row.string(2), row.string(3));
            });
    };
    if (!site_.database.read(first)) return std::nullopt;
    return site_.database.write([&](Transaction& tx) -> std::optional<Json> {
        const auto task = first(tx);
        if (!task) return std::nullopt;
        const auto& [id, token, input, execution] = *task;
        tx.run("UPDATE states_task SET worker = ?2, beat = ?3 WHERE id = ?1",
               {id, worker, to_epoch_micros(site_.clock.now())});
        advance(tx, execution);
        return Json{{"taskToken", token}, {"input", input}};
    });
}

std::string Tasks::require_open(Transaction& tx, const std::string& token) const {
    constexpr std::size_t kDecoded = 36;  // a UUID
    const auto decoded = base64_decode(token);
    if (!decoded || decoded->size() != kDecoded)
        throw Error(ErrorCategory::InvalidInput, "InvalidToken", "Invalid Token: 'Invalid token'");
    const auto found =
        tx.one("SELECT execution, state FROM states_task WHERE token = ?1", {token},
               [](const Row& row) { return std::pair(row.string(0), row.string(1)); });
    if (!found)
        throw Error(ErrorCategory::NotFound, "TaskDoesNotExist",
                    "Task does not exist: no task has this token");
    if (found->second != "OPEN")
        throw Error(ErrorCategory::InvalidInput, "TaskTimedOut",
                    "Task Timed Out: 'Provided task does not exist anymore'");
    return found->first;
}

void Tasks::advance(Transaction& tx, const std::string& execution) {
    site_.jobs.enqueue(tx, kAdvanceJob, execution, Json::object(), site_.clock.now());
}

Json Tasks::succeed(Transaction& tx, const Json& request) {
    const std::string token = require_string(request, "taskToken");
    const std::string output = require_string(request, "output");
    const std::string execution = require_open(tx, token);
    try {
        flow::check_data(output, "the output");
    } catch (const Error& error) {
        throw Error(ErrorCategory::InvalidInput, "InvalidOutput",
                    "Invalid Output: '" + error.message() + "'");
    }
    tx.run("UPDATE states_task SET state = 'SUCCEEDED', output = ?2 WHERE token = ?1",
           {token, output});
    advance(tx, execution);
    return Json::object();
}

Json Tasks::fail(Transaction& tx, const Json& request) {
    const std::string token = require_string(request, "taskToken");
    const std::string execution = require_open(tx, token);
    tx.run("UPDATE states_task SET state = 'FAILED', error = ?2, cause = ?3 WHERE token = ?1",
           {token, find_string(request, "error"), find_string(request, "cause")});
    advance(tx, execution);
    return Json::object();
}

Json Tasks::beat(Transaction& tx, const Json& request) {
    const std::string token = require_string(request, "taskToken");
    require_open(tx, token);
    tx.run("UPDATE states_task SET beat = ?2 WHERE token = ?1",
           {token, to_epoch_micros(site_.clock.now())});
    return Json::object();
}

void Tasks::note(Transaction& tx, const std::string& execution, const flow::HistoryRecord& record) {
    if (record.type == "TaskSubmitted") return note_wait(tx, execution, *record.details);
    if (record.beside == nullptr) return;
    if (const Json* released = lifeboat::find(*record.beside, "released"))
        for (const Json& token : released->value("tokens", Json::array()))
            close(tx, token);
    const std::string token = string_or(*record.beside, "token", "");
    if (token.empty()) return;
    if (!record.type.ends_with("Scheduled")) return close(tx, token);
    std::optional<std::string> activity, input;
    if (record.type == "ActivityScheduled") {
        activity = require_string(*record.details, "resource");
        input = require_string(*record.details, "input");
        if (const auto id = find_activity(tx, *activity))
            tx.on_commit([this, id = *id] { arrivals_.arrived(id); });
    }
    tx.run(
        "INSERT INTO states_task (token, execution, activity, input, state)"
        " VALUES (?1, ?2, ?3, ?4, 'OPEN')",
        {token, execution, activity, input});
}

void Tasks::close(Transaction& tx, const std::string& token) {
    tx.run("UPDATE states_task SET state = 'CLOSED', input = NULL, output = NULL WHERE token = ?1",
           {token});
}

std::vector<std::string> Tasks::waited_for(Transaction& tx, const std::string& execution) {
    std::vector<std::string> children;
    tx.each("SELECT ended FROM states_wait WHERE waiting = ?1", {execution}, [&](const Row& row) {
        children.push_back(row.string(0));
        return true;
    });
    return children;
}

void Tasks::follow_clock_back(Transaction& tx) {
    const std::int64_t now = to_epoch_micros(site_.clock.now());
    tx.run("UPDATE states_task SET beat = ?1 WHERE beat > ?1", {now});
}

void Tasks::note_wait(Transaction& tx, const std::string& execution, const Json& submitted) {
    if (!require_string(submitted, "resource").starts_with("startExecution.sync")) return;
    const Json output = parse_json(require_string(submitted, "output"), "a task's output");
    tx.run("INSERT OR IGNORE INTO states_wait (ended, waiting) VALUES (?1, ?2)",
           {require_string(output, "ExecutionArn"), execution});
}

void Tasks::ended(Transaction& tx, const std::string& execution) {
    std::vector<std::string> waiting;
    tx.each("SELECT waiting FROM states_wait WHERE ended = ?1", {execution}, [&](const Row& row) {
        waiting.push_back(row.string(0));
        return true;
    });
    for (const std::string& other : waiting)
        advance(tx, other);
    if (!waiting.empty()) tx.run("DELETE FROM states_wait WHERE ended = ?1", {execution});
    tx.run(
        "UPDATE states_task SET state = 'CLOSED', input = NULL, output = NULL"
        " WHERE execution = ?1 AND state <> 'CLOSED'",
        {execution});
}

std::optional<flow::Callback> Tasks::callback(const std::string& token) {
    return site_.database.read([&](Transaction& tx) {
        return tx.one(
            "SELECT worker, beat, output, error, cause, state FROM states_task"
            " WHERE token = ?1",
            {token}, [](const Row& row) {
                flow::Callback callback;
                if (!row.is_null(0)) callback.worker = row.string(0);
                if (!row.is_null(1)) callback.beat = from_epoch_micros(row.integer(1));
                if (!row.is_null(2))
                    callback.output = flow::make_value(parse_json(row.text(2), "a task's output"));
                if (!row.is_null(3)) callback.error = row.string(3);
                if (!row.is_null(4)) callback.cause = row.string(4);
                callback.failed = row.string(5) == "FAILED";
                return callback;
            });
    });
}

}  // namespace lifeboat::local::states
