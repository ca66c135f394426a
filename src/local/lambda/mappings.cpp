#include "local/lambda/mappings.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "local/dynamodb/stream_log.h"
#include "local/lambda/mapping_settings.h"

namespace lifeboat::local::lambda {
namespace {

constexpr std::int64_t kDefaultPage = 100;

Error not_found(const std::string& uuid) {
    return Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                 "The resource you requested does not exist: event source mapping " + uuid);
}

Error invalid(const std::string& message) {
    return Error(ErrorCategory::InvalidInput, "InvalidParameterValueException", message);
}

constexpr std::string_view kSelect =
    "SELECT uuid, function, source, enabled, settings, start_position, start_after, modified, "
    "result"
    " FROM lambda_mapping ";

Mapping read_mapping(const Row& row) {
    Mapping mapping;
    mapping.uuid = row.string(0);
    mapping.function = row.string(1);
    mapping.source = row.string(2);
    mapping.kind = source_kind(mapping.source);
    mapping.enabled = row.integer(3) != 0;
    mapping.settings = read_settings(parse_json(row.text(4), "a stored mapping"));
    mapping.start_after = row.string(6);
    return mapping;
}

Json mapping_json(const Site& site, const Row& row) {
    Json shown = parse_json(row.text(4), "a stored mapping");
    const std::string uuid = row.string(0);
    shown["UUID"] = uuid;
    shown["EventSourceMappingArn"] =
        cloud::arn_of(site.place, "lambda", "event-source-mapping:" + uuid);
    shown["FunctionArn"] = function_arn(site.place, row.text(1));
    shown["EventSourceArn"] = row.string(2);
    shown["State"] = row.integer(3) != 0 ? "Enabled" : "Disabled";
    shown["StateTransitionReason"] = "USER_INITIATED";
    if (!row.is_null(5)) shown["StartingPosition"] = row.string(5);
    shown["LastModified"] = to_epoch_seconds(from_epoch_micros(row.integer(7)));
    shown["LastProcessingResult"] = row.string(8);
    return shown;
}

std::string sql(std::string_view rest) {
    return std::string(kSelect) + std::string(rest);
}

}  // namespace

std::string Mappings::schema() {
    return R"(
CREATE TABLE lambda_mapping (
    uuid TEXT PRIMARY KEY,
    function TEXT NOT NULL,
    source TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    settings TEXT NOT NULL,
    start_position TEXT,
    start_after TEXT NOT NULL,
    modified INTEGER NOT NULL,
    result TEXT NOT NULL DEFAULT 'No records processed',
    UNIQUE (source, function)
) WITHOUT ROWID;
CREATE TABLE lambda_checkpoint (
    uuid TEXT NOT NULL REFERENCES lambda_mapping (uuid) ON DELETE CASCADE,
    shard TEXT NOT NULL,
    sequence TEXT NOT NULL,
    batch_end TEXT NOT NULL,
    failures INTEGER NOT NULL,
    retry_at INTEGER,
    failure TEXT NOT NULL,
    closed INTEGER NOT NULL,
    PRIMARY KEY (uuid, shard)
) WITHOUT ROWID;
)";
}

std::vector<Operation> Mappings::operations() {
    return {
        // Asks the queue first, so it cannot be one transaction.
        blocks("CreateEventSourceMapping",
               [this](const Json& request, const Caller&) { return create(request); }),
        reads("GetEventSourceMapping",
              [this](Transaction& tx, const Json& request, const Caller&) {
                  return describe(tx, require_string(request, "UUID"));
              }),
        reads("ListEventSourceMappings", [this](Transaction& tx, const Json& request,
                                                const Caller&) { return list(tx, request); }),
        writes("UpdateEventSourceMapping", [this](Transaction& tx, const Json& request,
                                                  const Caller&) { return update(tx, request); }),
        writes("DeleteEventSourceMapping", [this](Transaction& tx, const Json& request,
                                                  const Caller&) { return remove(tx, request); }),
    };
}

Json Mappings::create(const Json& request) {
    Mapping mapping;
    mapping.source = string_or(request, "EventSourceArn", "");
    if (mapping.source.empty()) throw invalid("EventSourceArn is required");
    mapping.kind = source_kind(mapping.source);
    try {
        mapping.function = invoker_.resolve(require_string(request, "FunctionName"));
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound) throw;
        throw invalid("Function does not exist: " + error.message());
    }
    mapping.enabled = bool_or(request, "Enabled", true);
    const Json settings = merged_settings(mapping.kind, request, Json::object());
    mapping.settings = read_settings(settings);
    const auto position = lifeboat::find_string(request, "StartingPosition");
    if (find(request, "StartingPositionTimestamp") != nullptr || position == "AT_TIMESTAMP")
        throw invalid(
            "Unsupported starting position for event source: AT_TIMESTAMP is for Kinesis");
    if (mapping.kind == SourceKind::Stream && !position)
        throw invalid("StartingPosition is required for a stream: TRIM_HORIZON or LATEST");
    if (mapping.kind == SourceKind::Queue && position)
        throw invalid("StartingPosition is not valid for SQS event sources.");
    if (mapping.kind == SourceKind::Queue) check_queue(mapping.source, mapping.function);
    const bool is_polled = is_stream_elsewhere(mapping);
    if (is_polled) check_stream_elsewhere(mapping.source, *position);
    mapping.uuid = new_uuid(site_.random);
    return site_.database.write([&](Transaction& tx) {
        if (const auto other = tx.one(
                "SELECT uuid FROM lambda_mapping WHERE source = ?1 AND function = ?2",
                {mapping.source, mapping.function}, [](const Row& row) { return row.string(0); }))
            throw Error(
                ErrorCategory::AlreadyExists, "ResourceConflictException",
                "An event source mapping with event source arn (\" " + mapping.source +
                    " \") and function (\" " + mapping.function +
                    " \") already exists. Please update or delete the existing mapping with "
                    "UUID " +
                    *other);
        if (mapping.kind == SourceKind::Stream && !is_polled) {
            const auto stream = dynamodb::StreamLog(site_).find(tx, mapping.source);
            if (!stream) throw invalid("Stream not found: " + mapping.source);
            if (position == "LATEST" && stream->last_sequence > 0)
                mapping.start_after = dynamodb::StreamLog::sequence_text(stream->last_sequence);
        }
        tx.run(
            "INSERT INTO lambda_mapping (uuid, function, source, enabled, settings,"
            " start_position, start_after, modified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            {mapping.uuid, mapping.function, mapping.source, mapping.enabled ? 1 : 0,
             to_text(settings), position, mapping.start_after, to_epoch_micros(site_.clock.now())});
        if (mapping.enabled) switch_on(tx, mapping);
        return describe(tx, mapping.uuid);
    });
}

void Mappings::check_queue(const std::string& source, const std::string& function) const {
    const auto arn = cloud::parse_arn(source);
    Json attributes;
    try {
        const Json url = site_.cloud.call(
            "sqs", "GetQueueUrl",
            Json{{"QueueName", arn->resource}, {"QueueOwnerAWSAccountId", arn->account}});
        attributes = site_.cloud.call(
            "sqs", "GetQueueAttributes",
            {{"QueueUrl", url.at("QueueUrl")}, {"AttributeNames", {"VisibilityTimeout"}}});
    } catch (const Error& error) {
        throw invalid("Error occurred while ReceiveMessage. SQS Error Code: " + error.code() +
                      ". SQS Error Message: " + error.message());
    }
    const Json* visibility = find_path(attributes, {"Attributes", "VisibilityTimeout"});
    const std::int64_t seconds = visibility != nullptr && visibility->is_string()
                                     ? std::stoll(visibility->get<std::string>())
                                     : 0;
    const auto timeout = std::chrono::ceil<std::chrono::seconds>(invoker_.find(function)->timeout);
    if (seconds < timeout.count())
        throw invalid("Queue visibility timeout: " + std::to_string(seconds) +
                      " seconds is less than Function timeout: " + std::to_string(timeout.count()) +
                      " seconds");
}

bool Mappings::is_stream_elsewhere(const Mapping& mapping) const {
    return mapping.kind == SourceKind::Stream && site_.elsewhere.find("dynamodbstreams") != nullptr;
}

void Mappings::check_stream_elsewhere(const std::string& source,
                                      const std::string& position) const {
    // Where the stream ends now cannot be asked for.
    if (position != "TRIM_HORIZON")
        throw invalid("StartingPosition must be TRIM_HORIZON: the stream is in another cloud");
    try {
        site_.cloud.call("dynamodbstreams", "DescribeStream", Json{{"StreamArn", source}});
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound) throw;
        throw invalid("Stream not found: " + source);
    }
}

Json Mappings::update(Transaction& tx, const Json& request) {
    const std::string uuid = require_string(request, "UUID");
    struct Stored {
        Mapping mapping;
        Json settings;
    };
    auto stored = tx.one(sql("WHERE uuid = ?1"), {uuid}, [](const Row& row) {
        return Stored{read_mapping(row), parse_json(row.text(4), "a stored mapping")};
    });
    if (!stored) throw not_found(uuid);
    Mapping& mapping = stored->mapping;
    if (const auto function = lifeboat::find_string(request, "FunctionName"))
        mapping.function = invoker_.resolve(*function);
    mapping.enabled = bool_or(request, "Enabled", mapping.enabled);
    const Json settings = merged_settings(mapping.kind, request, stored->settings);
    tx.run(
        "UPDATE lambda_mapping SET function = ?2, enabled = ?3, settings = ?4, modified = ?5"
        " WHERE uuid = ?1",
        {uuid, mapping.function, mapping.enabled ? 1 : 0, to_text(settings),
         to_epoch_micros(site_.clock.now())});
    if (mapping.enabled)
        switch_on(tx, mapping);
    else
        switch_off(tx, uuid);
    return describe(tx, uuid);
}

Json Mappings::remove(Transaction& tx, const Json& request) {
    const std::string uuid = require_string(request, "UUID");
    Json last = describe(tx, uuid);
    switch_off(tx, uuid);
    tx.run("DELETE FROM lambda_checkpoint WHERE uuid = ?1", {uuid});
    tx.run("DELETE FROM lambda_mapping WHERE uuid = ?1", {uuid});
    last["State"] = "Deleting";
    return last;
}

Json Mappings::describe(Transaction& tx, const std::string& uuid) const {
    auto shown = tx.one(sql("WHERE uuid = ?1"), {uuid},
                        [&](const Row& row) { return mapping_json(site_, row); });
    if (!shown) throw not_found(uuid);
    return *std::move(shown);
}

// The marker is the UUID of the last mapping of the page before.
Json Mappings::list(Transaction& tx, const Json& request) const {
    const std::int64_t limit =
        std::min(integer_or(request, "MaxItems", kDefaultPage), kDefaultPage);
    std::string function;
    if (const auto name = lifeboat::find_string(request, "FunctionName"))
        function = invoker_.resolve(*name);
    Json page = Json::array();
    bool more = false;
    tx.each(sql("WHERE uuid > ?1 AND (?2 = '' OR source = ?2) AND (?3 = '' OR function = ?3)"
                " ORDER BY uuid LIMIT ?4"),
            {string_or(request, "Marker", ""), string_or(request, "EventSourceArn", ""), function,
             limit + 1},
            [&](const Row& row) {
                more = static_cast<std::int64_t>(page.size()) == limit;
                if (!more) page.push_back(mapping_json(site_, row));
                return !more;
            });
    Json response = Json::object();
    if (more) response["NextMarker"] = page.back()["UUID"];
    response["EventSourceMappings"] = std::move(page);
    return response;
}

void Mappings::switch_on(Transaction& tx, const Mapping& mapping) {
    const Json payload = {{"uuid", mapping.uuid}};
    if (mapping.kind == SourceKind::Stream && !is_stream_elsewhere(mapping)) {
        try {
            dynamodb::watch_stream(tx, mapping.source, kMappingJob, mapping.uuid, payload);
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::NotFound) throw;
            throw invalid("Stream not found: " + mapping.source);
        }
    }
    site_.jobs.enqueue(tx, kMappingJob, mapping.uuid, payload, site_.clock.now());
}

void Mappings::switch_off(Transaction& tx, const std::string& uuid) {
    dynamodb::unwatch_stream(tx, kMappingJob, uuid);
    site_.jobs.cancel(tx, kMappingJob, uuid);
}

std::optional<Mapping> Mappings::find_enabled(const std::string& uuid) const {
    return site_.database.read([&](Transaction& tx) {
        return tx.one(sql("WHERE uuid = ?1 AND enabled"), {uuid}, read_mapping);
    });
}

Checkpoint Mappings::checkpoint(const Mapping& mapping, const std::string& shard) const {
    auto stored = site_.database.read([&](Transaction& tx) {
        return tx.one(
            "SELECT sequence, batch_end, failures, retry_at, failure, closed"
            " FROM lambda_checkpoint WHERE uuid = ?1 AND shard = ?2",
            {mapping.uuid, shard}, [](const Row& row) {
                Checkpoint at;
                at.sequence = row.string(0);
                at.batch_end = row.string(1);
                at.failures = row.integer(2);
                if (!row.is_null(3)) at.retry_at = from_epoch_micros(row.integer(3));
                at.failure = row.string(4);
                at.closed = row.integer(5) != 0;
                return at;
            });
    });
    if (stored) return *std::move(stored);
    Checkpoint fresh;
    fresh.sequence = mapping.start_after;
    return fresh;
}

void Mappings::save(const Mapping& mapping, const std::string& shard, const Checkpoint& at,
                    std::string_view result) {
    std::optional<std::int64_t> retry_at;
    if (at.retry_at) retry_at = to_epoch_micros(*at.retry_at);
    site_.database.write([&](Transaction& tx) {
        if (tx.run("UPDATE lambda_mapping SET result = ?2 WHERE uuid = ?1",
                   {mapping.uuid, result}) == 0)
            return;
        tx.run(
            "INSERT OR REPLACE INTO lambda_checkpoint (uuid, shard, sequence, batch_end,"
            " failures, retry_at, failure, closed)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            {mapping.uuid, shard, at.sequence, at.batch_end, at.failures, retry_at, at.failure,
             at.closed ? 1 : 0});
    });
}

void Mappings::forget_closed(const Mapping& mapping, const std::set<std::string>& listed) {
    std::vector<std::string> gone;
    site_.database.read([&](Transaction& tx) {
        tx.each("SELECT shard FROM lambda_checkpoint WHERE uuid = ?1 AND closed", {mapping.uuid},
                [&](const Row& row) {
                    if (!listed.contains(row.string(0))) gone.push_back(row.string(0));
                    return true;
                });
    });
    if (gone.empty()) return;
    site_.database.write([&](Transaction& tx) {
        for (const std::string& shard : gone)
            tx.run("DELETE FROM lambda_checkpoint WHERE uuid = ?1 AND shard = ?2",
                   {mapping.uuid, shard});
    });
}

void Mappings::note(const Mapping& mapping, std::string_view result) {
    site_.database.write([&](Transaction& tx) {
        tx.run("UPDATE lambda_mapping SET result = ?2 WHERE uuid = ?1 AND result <> ?2",
               {mapping.uuid, result});
    });
}

}  // namespace lifeboat::local::lambda
