#include "local/datasync/executions.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "local/datasync/listing.h"
#include "local/datasync/refusal.h"
#include "local/datasync/tags.h"
#include "local/datasync/task_report.h"
#include "mover/options.h"

namespace lifeboat::local::datasync {
namespace {

// "DataSync Task Execution State Change" (DataSync user guide, "Monitoring with EventBridge").
Json state_event(const Site& site, const std::string& arn, const std::string& status) {
    return {{"version", "0"},
            {"id", new_uuid(site.random)},
            {"detail-type", "DataSync Task Execution State Change"},
            {"source", "aws.datasync"},
            {"account", site.place.account},
            {"time", to_iso8601(site.clock.now())},
            {"region", site.place.region},
            {"resources", {arn}},
            {"detail", {{"State", status}}}};
}

}  // namespace

Json Executions::start(Transaction& tx, const Json& request) {
    refuse_unoffered(request);
    const Task task = tasks_.require_task(tx, require_string(request, "TaskArn"));
    if (const auto running = tasks_.current(tx, task.arn))
        refuse("Unable to start task " + task.arn + ": " + running->arn + " is " + running->status +
                   ".",
               "TaskAlreadyRunning");
    Json document = Json::object();
    for (const char* member : {"Includes", "Excludes", "ManifestConfig", "TaskReportConfig"}) {
        if (const Json* own = find(request, member))
            document[member] = *own;
        else if (const Json* inherited = find(*task.settings, member))
            document[member] = *inherited;
    }
    Json options = Json::object();
    if (const Json* inherited = find(*task.settings, "Options")) options = *inherited;
    if (const Json* own = find(request, "OverrideOptions")) options.update(*own);
    document["Options"] = options;
    Tasks::check_settings(document, locations_.require_location(tx, task.source),
                          locations_.require_location(tx, task.destination));
    document["Options"] = mover::datasync_options(options);
    if (document["Options"]["TaskQueueing"] == "DISABLED") {
        const auto busy = tx.one(
            "SELECT count(*) FROM datasync_execution WHERE status NOT IN ('SUCCESS', 'ERROR')", {},
            [](const Row& row) { return row.integer(0); });
        if (busy.value_or(0) >= site_.settings.integer("datasync.concurrency", 4))
            refuse("All capacity is in use and TaskQueueing is DISABLED.", "NoCapacity");
    }
    if (wants_report(document)) document["ReportResult"] = {{"Status", "PENDING"}};
    document["TaskMode"] = "BASIC";
    document["StartTime"] = to_epoch_seconds(site_.clock.now());
    document["Result"] = {
        {"PrepareStatus", "PENDING"}, {"TransferStatus", "PENDING"}, {"VerifyStatus", "PENDING"}};
    for (const char* counter :
         {"EstimatedFilesToTransfer", "EstimatedBytesToTransfer", "EstimatedFilesToDelete",
          "FilesTransferred", "BytesWritten", "BytesTransferred", "BytesCompressed", "FilesDeleted",
          "FilesSkipped", "FilesVerified"})
        document[counter] = 0;
    const std::string arn = task.arn + "/execution/exec-" + new_hex(site_.random, 17);
    tx.run(
        "INSERT INTO datasync_execution (arn, task, status, cancelled, document)"
        " VALUES (?1, ?2, 'QUEUED', 0, ?3)",
        {arn, task.arn, to_text(document)});
    if (const Json* tags = find(request, "Tags")) put_tags(tx, arn, *tags);
    site_.events.publish(tx, state_event(site_, arn, "QUEUED"));
    site_.jobs.enqueue(tx, kRunJob, arn, {{"execution", arn}}, site_.clock.now());
    return {{"TaskExecutionArn", arn}};
}

void Executions::start_scheduled(Transaction& tx, const std::string& arn, const Json& schedule) {
    const auto task = tasks_.find_task(tx, arn);
    if (!task) return;
    const Json* now = find(*task->settings, "Schedule");
    if (now == nullptr || *now != schedule || tasks_.current(tx, arn)) return;
    try {
        start(tx, {{"TaskArn", arn}});
    } catch (const Error& error) {
        // Nobody is there to be told; the next time comes all the same.
        log::warning("datasync could not start a task by its schedule",
                     {{"task", arn}, {"code", error.code()}, {"message", error.message()}});
    }
}

std::optional<Execution> Executions::load(Transaction& tx, const std::string& arn) const {
    return tx.one("SELECT task, status, cancelled, document FROM datasync_execution WHERE arn = ?1",
                  {arn}, [&](const Row& row) {
                      return Execution{
                          arn, row.string(0), row.string(1), row.integer(2) != 0,
                          std::make_shared<const Json>(parse_json(row.text(3), "an execution"))};
                  });
}

Execution Executions::require_execution(Transaction& tx, const std::string& arn) const {
    auto execution = load(tx, arn);
    if (!execution) refuse("Task execution " + arn + " is not found.", "TaskExecutionNotFound");
    return *std::move(execution);
}

Json Executions::describe(Transaction& tx, const Json& request) const {
    const Execution execution = require_execution(tx, require_string(request, "TaskExecutionArn"));
    Json answer = *execution.document;
    answer.erase("FirstEstimate");
    answer["TaskExecutionArn"] = execution.arn;
    answer["Status"] = execution.status;
    return answer;
}

Json Executions::list(Transaction& tx, const Json& request) const {
    Page page(request);
    const std::string task = string_or(request, "TaskArn", "");
    if (!task.empty()) tasks_.require_task(tx, task);
    tx.each(
        "SELECT number, arn, status FROM datasync_execution"
        " WHERE number > ?1 AND (?2 = '' OR task = ?2) ORDER BY number",
        {page.after(), task}, [&](const Row& row) {
            return page.add(row.integer(0), {{"TaskExecutionArn", row.text(1)},
                                             {"Status", row.text(2)},
                                             {"TaskMode", "BASIC"}});
        });
    return page.answer("TaskExecutions");
}

Json Executions::cancel(Transaction& tx, const Json& request) {
    const Execution execution = require_execution(tx, require_string(request, "TaskExecutionArn"));
    if (execution.ended())
        refuse("Task execution " + execution.arn + " has ended with " + execution.status + ".",
               "TaskExecutionNotRunning");
    tx.run("UPDATE datasync_execution SET cancelled = 1 WHERE arn = ?1", {execution.arn});
    update(tx, execution.arn, "CANCELLING", {});
    // The copy ends soon; one that has not begun ends with its job's first run.
    tx.on_commit([this, arn = execution.arn] { copies_.cancel(arn); });
    return Json::object();
}

Json Executions::update(Transaction& tx, const Json& request) {
    const Execution execution = require_execution(tx, require_string(request, "TaskExecutionArn"));
    const Json& options = require(request, "Options");
    for (const auto& [name, value] : options.items())
        if (name != "BytesPerSecond")
            refuse("Only BytesPerSecond can be changed for a running task execution, not " + name +
                   ".");
    const std::int64_t rate = require_integer(options, "BytesPerSecond");
    mover::options_from_datasync(options);
    if (execution.ended())
        refuse("Task execution " + execution.arn + " has ended with " + execution.status + ".",
               "TaskExecutionNotRunning");
    update(tx, execution.arn, execution.status,
           [&](Json& document) { document["Options"]["BytesPerSecond"] = rate; });
    tx.on_commit([this, arn = execution.arn, rate] { copies_.set_rate(arn, rate); });
    return Json::object();
}

void Executions::update(Transaction& tx, const std::string& arn, const std::string& status,
                        const std::function<void(Json& document)>& change) {
    const auto execution = load(tx, arn);
    if (!execution || execution->ended()) return;
    Json document = *execution->document;
    if (change) change(document);
    const bool ends = status == "SUCCESS" || status == "ERROR";
    const std::string now = execution->cancelled && !ends ? "CANCELLING" : status;
    tx.run("UPDATE datasync_execution SET status = ?2, document = ?3 WHERE arn = ?1",
           {arn, now, to_text(document)});
    if (now != execution->status) site_.events.publish(tx, state_event(site_, arn, now));
}

}  // namespace lifeboat::local::datasync
