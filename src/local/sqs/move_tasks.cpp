#include "local/sqs/move_tasks.h"

#include "base/encoding.h"
#include "base/json.h"
#include "local/sqs/messages.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local::sqs {
namespace {

constexpr std::string_view kJob = "sqs.move";
constexpr int kBatch = 500;
constexpr std::int64_t kFastest = 500;

Error not_found(const std::string& what) {
    return Error(ErrorCategory::NotFound, "ResourceNotFoundException", what);
}

struct Task {
    std::string source_arn;
    std::string destination_arn;
    std::string status;
    std::int64_t last_message = 0;
};

std::optional<Task> find_task(Transaction& tx, const std::string& handle) {
    return tx.one(
        "SELECT source_arn, destination_arn, status, last_message FROM sqs_move"
        " WHERE handle = ?1",
        {handle}, [](const Row& row) {
            return Task{row.string(0), row.string(1), row.string(2), row.integer(3)};
        });
}

}  // namespace

void MoveTasks::prepare() {
    site_.jobs.handle(std::string(kJob), [this](const Job& job) { return run(job); });
}

Json MoveTasks::start(Transaction& tx, const Json& request) {
    const std::string source_arn = require_string(request, "SourceArn");
    const std::string destination_arn = string_or(request, "DestinationArn", "");
    Queues queues(tx);
    const auto find_queue = [&](const std::string& arn, const char* member) {
        const auto name = address_.name_of_arn(arn);
        auto queue = name ? queues.find(*name) : std::nullopt;
        if (!queue)
            throw not_found(std::string("The resource that you specified for the ") + member +
                            " parameter doesn't exist.");
        return std::move(*queue);
    };
    const Queue source = find_queue(source_arn, "SourceArn");
    if (!destination_arn.empty()) find_queue(destination_arn, "DestinationArn");
    if (queues.sources_of(source_arn, "", 1).empty())
        throw refusal("InvalidParameterValue",
                      "Source queue must be configured as a Dead Letter Queue.");
    const std::int64_t rate = integer_or(request, "MaxNumberOfMessagesPerSecond", 0);
    if (request.contains("MaxNumberOfMessagesPerSecond") && (rate < 1 || rate > kFastest))
        throw invalid_parameter(std::to_string(rate), "MaxNumberOfMessagesPerSecond",
                                "Must be between 1 and 500.");
    const auto running = tx.one(
        "SELECT handle FROM sqs_move WHERE source_arn = ?1 AND status IN"
        " ('RUNNING', 'CANCELLING')",
        {source_arn}, [](const Row& row) { return row.string(0); });
    if (running)
        throw refusal(
            "InvalidParameterValue",
            "There is already a task running. Only one active task is allowed for a source "
            "queue arn at a given time.");
    const std::string handle =
        base64_encode(to_text({{"taskId", new_uuid(site_.random)}, {"sourceArn", source_arn}}));
    const Time now = site_.clock.now();
    const std::int64_t to_move = Messages(tx, address_, source, now).counts().visible;
    // What arrives while the task runs is not its work.
    const std::int64_t last =
        *tx.one("SELECT coalesce(max(id), 0) FROM sqs_message WHERE queue = ?1", {source.id},
                [](const Row& row) { return row.integer(0); });
    tx.run(
        "INSERT INTO sqs_move (handle, source_arn, destination_arn, rate, status, to_move,"
        " started, last_message) VALUES (?1, ?2, ?3, ?4, 'RUNNING', ?5, ?6, ?7)",
        {handle, source_arn, destination_arn, rate, to_move, to_epoch_micros(now), last});
    site_.jobs.enqueue(tx, kJob, handle, {{"handle", handle}, {"rate", rate}}, now);
    return {{"TaskHandle", handle}};
}

Json MoveTasks::cancel(Transaction& tx, const Json& request) {
    const std::string handle = require_string(request, "TaskHandle");
    if (tx.run("UPDATE sqs_move SET status = 'CANCELLING' WHERE handle = ?1 AND status = 'RUNNING'",
               {handle}) == 0)
        throw not_found("The specified task doesn't exist or is not running.");
    site_.jobs.enqueue(tx, kJob, handle, {{"handle", handle}, {"rate", 0}}, site_.clock.now());
    return {{"ApproximateNumberOfMessagesMoved",
             *tx.one("SELECT moved FROM sqs_move WHERE handle = ?1", {handle},
                     [](const Row& row) { return row.integer(0); })}};
}

Json MoveTasks::list(Transaction& tx, const Json& request) {
    const std::string source_arn = require_string(request, "SourceArn");
    const std::int64_t most = integer_or(request, "MaxResults", 1);
    if (most < 1 || most > 10)
        throw invalid_parameter(std::to_string(most), "MaxResults", "Must be between 1 and 10.");
    const auto name = address_.name_of_arn(source_arn);
    if (!name || !Queues(tx).find(*name))
        throw not_found(
            "The resource that you specified for the SourceArn parameter doesn't exist.");
    Json results = Json::array();
    tx.each(
        "SELECT handle, destination_arn, rate, status, moved, to_move, failure, started"
        " FROM sqs_move WHERE source_arn = ?1 ORDER BY started DESC LIMIT ?2",
        {source_arn, most}, [&](const Row& row) {
            Json task = {{"Status", row.string(3)},
                         {"SourceArn", source_arn},
                         {"ApproximateNumberOfMessagesMoved", row.integer(4)},
                         {"ApproximateNumberOfMessagesToMove", row.integer(5)},
                         {"StartedTimestamp", row.integer(7) / 1000}};
            if (row.text(3) == "RUNNING") task["TaskHandle"] = row.string(0);
            if (!row.text(1).empty()) task["DestinationArn"] = row.string(1);
            if (row.integer(2) > 0) task["MaxNumberOfMessagesPerSecond"] = row.integer(2);
            if (!row.text(6).empty()) task["FailureReason"] = row.string(6);
            results.push_back(std::move(task));
            return true;
        });
    return {{"Results", std::move(results)}};
}

JobResult MoveTasks::run(const Job& job) {
    const std::string handle = require_string(*job.payload, "handle");
    const std::int64_t rate = require_integer(*job.payload, "rate");
    const bool more = site_.database.write([&](Transaction& tx) {
        return step(tx, handle, rate > 0 ? static_cast<int>(rate) : kBatch);
    });
    if (!more) return finished();
    return again_at(site_.clock.now() +
                    (rate > 0 ? Duration(std::chrono::seconds(1)) : Duration(0)));
}

bool MoveTasks::step(Transaction& tx, const std::string& handle, int most) {
    const auto task = find_task(tx, handle);
    if (!task || (task->status != "RUNNING" && task->status != "CANCELLING")) return false;
    const auto end = [&](const char* status, const std::string& failure) {
        tx.run("UPDATE sqs_move SET status = ?2, failure = ?3 WHERE handle = ?1",
               {handle, status, failure});
        return false;
    };
    if (task->status == "CANCELLING") return end("CANCELLED", "");
    Queues queues(tx);
    const auto source = queues.find(address_.name_of_arn(task->source_arn).value_or(""));
    if (!source) return end("FAILED", "AWS.SimpleQueueService.NonExistentQueue");
    struct Waiting {
        std::int64_t id;
        std::string source_arn;
    };
    std::vector<Waiting> waiting;
    const Time now = site_.clock.now();
    tx.each(
        "SELECT id, source_arn FROM sqs_message WHERE queue = ?1 AND visible <= ?2 AND id <= ?3"
        " ORDER BY id LIMIT ?4",
        {source->id, to_epoch_micros(now), task->last_message, most}, [&](const Row& row) {
            waiting.push_back({row.integer(0), row.string(1)});
            return true;
        });
    if (waiting.empty()) return end("COMPLETED", "");
    for (const Waiting& message : waiting) {
        const std::string& arn =
            task->destination_arn.empty() ? message.source_arn : task->destination_arn;
        const auto target = queues.find(address_.name_of_arn(arn).value_or(""));
        if (!target)
            return end("FAILED", arn.empty() ? "CouldNotDetermineMessageSource"
                                             : "AWS.SimpleQueueService.NonExistentQueue");
        // A moved message counts as a new one.
        tx.run(
            "UPDATE sqs_message SET queue = ?2, sent = ?3, visible = ?3, receipt = '',"
            " receives = 0, receives_here = 0, first_received = NULL, source_arn = ''"
            " WHERE id = ?1",
            {message.id, target->id, to_epoch_micros(now)});
        tx.run("UPDATE sqs_move SET moved = moved + 1 WHERE handle = ?1", {handle});
        tx.on_commit([this, id = target->id] { arrivals_.arrived(id); });
    }
    return true;
}

}  // namespace lifeboat::local::sqs
