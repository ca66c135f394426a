#include "local/datasync/tasks.h"

#include "base/json.h"
#include "local/datasync/listing.h"
#include "local/datasync/manifest_config.h"
#include "local/datasync/refusal.h"
#include "local/datasync/tags.h"
#include "local/datasync/task_report.h"
#include "mover/filter.h"
#include "mover/options.h"

namespace lifeboat::local::datasync {
namespace {

constexpr const char* kSettings[] = {
    "Name",     "Options",        "Includes",        "Excludes", "CloudWatchLogGroupArn",
    "Schedule", "ManifestConfig", "TaskReportConfig"};

// Default quota of an account in a region (DataSync user guide, "Quotas").
constexpr std::int64_t kTaskQuota = 100;

}  // namespace

void refuse_unoffered(const Json& request) {
    if (string_or(request, "TaskMode", "BASIC") != "BASIC")
        refuse("TaskMode ENHANCED is not supported for these locations; use BASIC.");
}

std::string filter_value(const Json& settings, const char* member) {
    const Json* filters = find(settings, member);
    if (filters == nullptr || !filters->is_array() || filters->empty()) return {};
    return string_or(filters->front(), "Value", "");
}

void Tasks::check_settings(const Json& settings, const Location& source,
                           const Location& destination) {
    const Json* options = find(settings, "Options");
    mover::options_from_datasync(options == nullptr ? Json::object() : *options);
    [[maybe_unused]] const mover::Filter checked(filter_value(settings, "Includes"),
                                                 filter_value(settings, "Excludes"));
    if (const Json* schedule = find(settings, "Schedule")) check_schedule(*schedule);
    if (const Json* report = find(settings, "TaskReportConfig")) check_report_config(*report);
    if (const Json* manifest = find(settings, "ManifestConfig")) {
        check_manifest_config(*manifest);
        if (!manifest->empty() && !filter_value(settings, "Includes").empty())
            refuse("Includes cannot be used together with a manifest.");
        if (!manifest->empty() && options != nullptr &&
            string_or(*options, "PreserveDeletedFiles", "PRESERVE") == "REMOVE")
            refuse("PreserveDeletedFiles REMOVE cannot be used together with a manifest.");
    }
    if (source.kind == Location::Kind::S3 && destination.kind == Location::Kind::S3)
        refuse("The local cloud copies between a bucket and a file system, not between buckets.");
    const bool efs = source.kind == Location::Kind::Efs || destination.kind == Location::Kind::Efs;
    if (efs && options != nullptr && string_or(*options, "PreserveDevices", "NONE") == "PRESERVE")
        refuse("PreserveDevices PRESERVE is not supported for Amazon EFS.");
}

Json Tasks::create(Transaction& tx, const Json& request) {
    refuse_unoffered(request);
    const Location source =
        locations_.require_location(tx, require_string(request, "SourceLocationArn"));
    const Location destination =
        locations_.require_location(tx, require_string(request, "DestinationLocationArn"));
    if (source.arn == destination.arn)
        refuse("SourceLocationArn and DestinationLocationArn must differ.");
    Json settings = Json::object();
    for (const char* member : kSettings)
        if (const Json* value = find(request, member); value != nullptr && !value->is_null())
            settings[member] = *value;
    check_settings(settings, source, destination);
    const std::int64_t quota = site_.settings.integer("datasync.task_quota", kTaskQuota);
    const auto count = tx.one("SELECT count(*) FROM datasync_task", {},
                              [](const Row& row) { return row.integer(0); });
    if (count.value_or(0) >= quota)
        refuse("You have reached the limit of " + std::to_string(quota) +
                   " tasks in this region. Delete tasks that are no longer needed.",
               "TaskLimitExceeded");
    const std::string arn =
        cloud::arn_of(site_.place, "datasync", "task/task-" + new_hex(site_.random, 17));
    tx.run(
        "INSERT INTO datasync_task (arn, source, destination, settings, created)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
        {arn, source.arn, destination.arn, to_text(settings), to_epoch_micros(site_.clock.now())});
    if (const Json* tags = find(request, "Tags")) put_tags(tx, arn, *tags);
    schedules_.set(tx, arn, find(settings, "Schedule"));
    return {{"TaskArn", arn}};
}

std::optional<Task> Tasks::find_task(Transaction& tx, const std::string& arn) const {
    return tx.one("SELECT source, destination, settings FROM datasync_task WHERE arn = ?1", {arn},
                  [&](const Row& row) {
                      return Task{arn, row.string(0), row.string(1),
                                  std::make_shared<const Json>(parse_json(row.text(2), "a task"))};
                  });
}

Task Tasks::require_task(Transaction& tx, const std::string& arn) const {
    auto task = find_task(tx, arn);
    if (!task) refuse("Task " + arn + " is not found.", "TaskNotFound");
    return *std::move(task);
}

std::optional<Tasks::Current> Tasks::current(Transaction& tx, const std::string& task) const {
    return tx.one(
        "SELECT arn, status FROM datasync_execution"
        " WHERE task = ?1 AND status NOT IN ('SUCCESS', 'ERROR')",
        {task}, [](const Row& row) {
            return Current{row.string(0), row.string(1)};
        });
}

std::string Tasks::status(Transaction& tx, const std::string& task) const {
    const auto running = current(tx, task);
    if (!running) return "AVAILABLE";
    return running->status == "QUEUED" ? "QUEUED" : "RUNNING";
}

Json Tasks::describe(Transaction& tx, const Json& request) const {
    const Task task = require_task(tx, require_string(request, "TaskArn"));
    Json answer = *task.settings;
    answer["TaskArn"] = task.arn;
    answer["SourceLocationArn"] = task.source;
    answer["DestinationLocationArn"] = task.destination;
    answer["Status"] = status(tx, task.arn);
    answer["TaskMode"] = "BASIC";
    const Json* options = find(*task.settings, "Options");
    answer["Options"] = mover::datasync_options(options == nullptr ? Json::object() : *options);
    if (const auto running = current(tx, task.arn))
        answer["CurrentTaskExecutionArn"] = running->arn;
    const auto created = tx.one("SELECT created FROM datasync_task WHERE arn = ?1", {task.arn},
                                [](const Row& row) { return row.integer(0); });
    answer["CreationTime"] = to_epoch_seconds(from_epoch_micros(created.value_or(0)));
    // Why the last execution failed, as long as it is the last.
    const auto last = tx.one(
        "SELECT status, document FROM datasync_execution WHERE task = ?1 ORDER BY number DESC"
        " LIMIT 1",
        {task.arn}, [](const Row& row) {
            return std::make_pair(row.string(0), parse_json(row.text(1), "an execution"));
        });
    if (last && last->first == "ERROR")
        for (const char* member : {"ErrorCode", "ErrorDetail"})
            if (const Json* value = find_path(last->second, {"Result", member}))
                answer[member] = *value;
    return answer;
}

Json Tasks::update(Transaction& tx, const Json& request) {
    refuse_unoffered(request);
    const Task task = require_task(tx, require_string(request, "TaskArn"));
    Json settings = *task.settings;
    for (const char* member : kSettings) {
        const Json* value = find(request, member);
        if (value == nullptr || value->is_null()) continue;
        // Options given replace those of the same name.
        if (std::string_view(member) == "Options" && settings.contains(member))
            settings[member].update(*value);
        else
            settings[member] = *value;
    }
    check_settings(settings, locations_.require_location(tx, task.source),
                   locations_.require_location(tx, task.destination));
    tx.run("UPDATE datasync_task SET settings = ?2 WHERE arn = ?1", {task.arn, to_text(settings)});
    if (request.contains("Schedule")) schedules_.set(tx, task.arn, find(settings, "Schedule"));
    return Json::object();
}

Json Tasks::remove(Transaction& tx, const Json& request) {
    const Task task = require_task(tx, require_string(request, "TaskArn"));
    if (const auto running = current(tx, task.arn))
        refuse("Task " + task.arn + " cannot be deleted while " + running->arn +
                   " is running; cancel it first.",
               "TaskInUse");
    tx.run(
        "DELETE FROM datasync_tag WHERE resource IN"
        " (SELECT arn FROM datasync_execution WHERE task = ?1)",
        {task.arn});
    tx.run("DELETE FROM datasync_execution WHERE task = ?1", {task.arn});
    tx.run("DELETE FROM datasync_task WHERE arn = ?1", {task.arn});
    schedules_.remove(tx, task.arn);
    remove_all_tags(tx, task.arn);
    return Json::object();
}

Json Tasks::list(Transaction& tx, const Json& request) const {
    Page page(request);
    const Json* filters = find(request, "Filters");
    const auto selected = [&](const Row& row) {
        if (filters == nullptr) return true;
        for (const Json& filter : *filters) {
            bool matched = false;
            if (require_string(filter, "Name") == "CreationTime") {
                matched = matches(filter, from_epoch_micros(row.integer(5)));
            } else {
                // A location's id alone is taken for its ARN.
                std::vector<std::string> texts;
                for (const std::string& arn : {row.string(2), row.string(3)}) {
                    texts.push_back(arn);
                    texts.push_back(arn.substr(arn.rfind('/') + 1));
                }
                matched = matches(filter, texts);
            }
            if (!matched) return false;
        }
        return true;
    };
    tx.each(
        "SELECT number, arn, source, destination, settings, created FROM datasync_task"
        " WHERE number > ?1 ORDER BY number",
        {page.after()}, [&](const Row& row) {
            if (!selected(row)) return true;
            Json item = {{"TaskArn", row.text(1)}, {"TaskMode", "BASIC"}};
            item["Status"] = status(tx, row.string(1));
            if (const auto name = find_string(parse_json(row.text(4), "a task"), "Name"))
                item["Name"] = *name;
            return page.add(row.integer(0), std::move(item));
        });
    return page.answer("Tasks");
}

}  // namespace lifeboat::local::datasync
