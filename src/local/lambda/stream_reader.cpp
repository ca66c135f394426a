#include "local/lambda/stream_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/backoff.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "local/lambda/destination.h"
#include "local/lambda/event_filter.h"
#include "local/lambda/item_failures.h"

namespace lifeboat::local::lambda {
namespace {

constexpr std::int64_t kMostRecordsRead = 1000;  // GetRecords, Limit
// A failure record must fit into a message (256 KB) with room to spare.
constexpr std::size_t kMostReportedBytes = 200 * 1024;
constexpr std::string_view kTrimmed = "TrimmedDataAccessException";

std::string sequence_of(const Json& record) {
    return record.at("dynamodb").at("SequenceNumber").get<std::string>();
}

Time arrival_of(const Json& record) {
    const Json* seconds = find_path(record, {"dynamodb", "ApproximateCreationDateTime"});
    return from_epoch_seconds(seconds != nullptr ? seconds->get<double>() : 0);
}

// From GetRecords' form into Lambda's.
Json event_record(Json record, const std::string& stream) {
    record["eventSourceARN"] = stream;
    if (const Json* identity = find(record, "userIdentity"))
        record["userIdentity"] = Json{{"type", identity->value("Type", "")},
                                      {"principalId", identity->value("PrincipalId", "")}};
    return record;
}

Json event_of(const std::vector<Json>& records) {
    return {{"Records", records}};
}

// The records themselves where they fit into a message, else their keys.
void add_records(Json& report, const std::vector<Json>& records) {
    report["payload"] = event_of(records);
    if (to_text(report).size() <= kMostReportedBytes) return;
    report.erase("payload");
    Json keys = Json::array();
    for (const Json& record : records)
        keys.push_back(record.at("dynamodb").value("Keys", Json::object()));
    report["keys"] = std::move(keys);
    if (to_text(report).size() > kMostReportedBytes) report.erase("keys");
}

}  // namespace

std::optional<Time> StreamReader::step() {
    std::optional<Time> next;
    // Nothing here is told of records elsewhere.
    if (site_.elsewhere.find("dynamodbstreams") != nullptr)
        next = site_.clock.now() +
               site_.settings.seconds("lambda.poll_seconds", std::chrono::seconds(1));
    const auto shards = list_shards();
    if (!shards) return std::nullopt;
    std::set<std::string> listed;
    for (const Shard& shard : *shards)
        listed.insert(shard.id);
    for (const Shard& shard : *shards) {
        // What an item became stands in the child, what it was in the parent. One that is not
        // listed any more is forgotten altogether.
        if (listed.contains(shard.parent) && !mappings_.checkpoint(mapping_, shard.parent).closed)
            continue;
        if (const auto due = step_shard(shard.id)) next = next ? std::min(*next, *due) : *due;
    }
    mappings_.forget_closed(mapping_, listed);
    return next;
}

std::optional<std::vector<StreamReader::Shard>> StreamReader::list_shards() {
    std::vector<Shard> shards;
    Json request = {{"StreamArn", mapping_.source}};
    while (true) {
        Json stream;
        try {
            stream = site_.cloud.call("dynamodbstreams", "DescribeStream", request);
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::NotFound) throw;
            mappings_.note(mapping_, std::string("PROBLEM: ") + error.what());
            return std::nullopt;
        }
        const Json& description = stream.at("StreamDescription");
        for (const Json& shard : description.at("Shards"))
            shards.push_back(
                {require_string(shard, "ShardId"), string_or(shard, "ParentShardId", "")});
        const auto last = find_string(description, "LastEvaluatedShardId");
        if (!last) return shards;
        request["ExclusiveStartShardId"] = *last;
    }
}

std::optional<Time> StreamReader::step_shard(const std::string& shard) {
    Checkpoint at = mappings_.checkpoint(mapping_, shard);
    if (at.closed) return std::nullopt;
    const Time now = site_.clock.now();
    // New records ask for the job also while a failed batch waits.
    if (at.retry_at && *at.retry_at > now) return at.retry_at;

    Batch batch = read(shard, at);
    std::vector<Json>& records = batch.records;
    if (records.empty()) {
        if (batch.at_end) {
            at.closed = true;
            mappings_.save(mapping_, shard, at, "OK");
            positions_.forget(mapping_.uuid, shard);
            return site_.clock.now();  // its children's turn has come
        }
        return std::nullopt;
    }
    const MappingSettings& settings = mapping_.settings;
    if (settings.most_age_seconds >= 0) {
        const Time oldest = now - std::chrono::seconds(settings.most_age_seconds);
        const auto young = std::find_if(records.begin(), records.end(), [&](const Json& record) {
            return arrival_of(record) >= oldest;
        });
        if (young != records.begin()) {
            records.erase(young, records.end());
            discard(shard, at, records, "RecordAgeExceeded");
            return now;
        }
    }
    if (settings.retries >= 0 && at.failures > settings.retries) {
        discard(shard, at, records, "RetryAttemptsExhausted");
        return now;
    }
    const Time full_by = arrival_of(records.front()) + settings.window;
    const bool is_full = static_cast<std::int64_t>(records.size()) >= settings.batch_size;
    if (at.batch_end.empty() && !is_full && !batch.at_end && full_by > now) return full_by;
    return deliver(shard, std::move(at), batch);
}

std::optional<std::string> StreamReader::iterator(const std::string& shard,
                                                  const std::string& after) {
    Json request = {
        {"StreamArn", mapping_.source},
        {"ShardId", shard},
        {"ShardIteratorType", after.empty() ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER"}};
    if (!after.empty()) request["SequenceNumber"] = after;
    return find_string(site_.cloud.call("dynamodbstreams", "GetShardIterator", request),
                       "ShardIterator");
}

StreamReader::Batch StreamReader::read(const std::string& shard, Checkpoint& at) {
    if (const auto kept = positions_.find(mapping_.uuid, shard, at.sequence)) {
        try {
            return read_from(*kept, shard, at);
        } catch (const Error& error) {
            if (error.code() != "ExpiredIteratorException" && error.code() != kTrimmed) throw;
            positions_.forget(mapping_.uuid, shard);
        }
    }
    try {
        return read_from(iterator(shard, at.sequence), shard, at);
    } catch (const Error& error) {
        if (error.code() != kTrimmed) throw;
        log::error(
            "a mapping came too late: its stream has forgotten records it had not delivered",
            {{"mapping", mapping_.uuid}, {"stream", mapping_.source}, {"after", at.sequence}});
        at = Checkpoint{};
        mappings_.save(mapping_, shard, at, "PROBLEM: Records may have expired undelivered");
        return read_from(iterator(shard, ""), shard, at);
    }
}

StreamReader::Batch StreamReader::read_from(std::optional<std::string> position,
                                            const std::string& shard, const Checkpoint& at) {
    Batch batch;
    const auto wanted = static_cast<std::size_t>(mapping_.settings.batch_size);
    while (position && batch.records.size() < wanted) {
        const auto limit = std::min<std::int64_t>(
            kMostRecordsRead, static_cast<std::int64_t>(wanted - batch.records.size()));
        Json page = site_.cloud.call("dynamodbstreams", "GetRecords",
                                     {{"ShardIterator", *position}, {"Limit", limit}});
        Json& records = page.at("Records");
        const bool nothing = records.empty();
        for (Json& record : records) {
            batch.records.push_back(event_record(std::move(record), mapping_.source));
            if (sequence_of(batch.records.back()) == at.batch_end) return batch;
        }
        position = find_string(page, "NextShardIterator");
        if (nothing) {
            if (batch.records.empty() && position)
                positions_.keep(mapping_.uuid, shard, at.sequence, *position);
            break;
        }
    }
    batch.at_end = !position;
    return batch;
}

std::optional<Time> StreamReader::deliver(const std::string& shard, Checkpoint at,
                                          const Batch& batch) {
    const std::vector<Json>& records = batch.records;
    const EventFilter filter(mapping_.settings.filters);
    std::vector<Json> passed;
    std::set<std::string> sequences;
    for (const Json& record : records)
        if (filter.passes_stream_record(record)) {
            passed.push_back(record);
            sequences.insert(sequence_of(record));
        }
    const Time now = site_.clock.now();
    if (passed.empty()) {
        advance(shard, sequence_of(records.back()), "OK");
        return now;
    }
    const Outcome outcome =
        invoker_.run(mapping_.function, event_of(passed), new_uuid(site_.random));
    if (outcome.failed) return failed(shard, std::move(at), records, 0, outcome.payload);
    if (mapping_.settings.reports_items) {
        const auto items = failed_items(outcome.payload, sequences);
        if (!items || !items->empty()) {
            const auto first = std::find_if(
                records.begin(), records.end(),
                [&](const Json& record) { return !items || items->contains(sequence_of(record)); });
            return failed(shard, std::move(at), records,
                          static_cast<std::size_t>(first - records.begin()),
                          to_text({{"errorType", "BatchItemFailures"},
                                   {"errorMessage", items ? "the function reported failed items"
                                                          : "the function's batchItemFailures are "
                                                            "malformed or name unknown items"},
                                   {"response", parse_json(outcome.payload, "a result")}}));
        }
    }
    advance(shard, sequence_of(records.back()), "OK");
    return site_.clock.now();
}

std::optional<Time> StreamReader::failed(const std::string& shard, Checkpoint at,
                                         const std::vector<Json>& records, std::size_t first_failed,
                                         std::string failure) {
    log::warning("a function failed for a batch of stream records",
                 {{"function", mapping_.function},
                  {"shard", shard},
                  {"records", std::to_string(records.size() - first_failed)},
                  {"first", sequence_of(records[first_failed])},
                  {"error", failure_text(failure)}});
    if (first_failed > 0) {
        // Those before it are done; the rest is a batch of its own.
        at.sequence = sequence_of(records[first_failed - 1]);
        at.failures = 0;
    }
    const std::size_t left = records.size() - first_failed;
    const Time now = site_.clock.now();
    at.failure = std::move(failure);
    at.retry_at.reset();
    if (mapping_.settings.bisects && left > 1) {
        // Halving does not count as a retry.
        at.batch_end = sequence_of(records[first_failed + left / 2 - 1]);
        at.failures = 0;
    } else {
        at.batch_end = sequence_of(records.back());
        ++at.failures;
        const bool given_up =
            mapping_.settings.retries >= 0 && at.failures > mapping_.settings.retries;
        const Backoff backoff{
            site_.settings.seconds("lambda.retry_seconds", std::chrono::seconds(1)), 2.0,
            std::chrono::minutes(1)};
        if (!given_up)
            at.retry_at =
                now + backoff.delay_after(static_cast<int>(std::min<std::int64_t>(at.failures, 30)),
                                          site_.random);
    }
    fault::reach("lambda.before-checkpoint");
    mappings_.save(mapping_, shard, at, "PROBLEM: Function call failed");
    return at.retry_at.value_or(now);
}

void StreamReader::discard(const std::string& shard, const Checkpoint& at,
                           const std::vector<Json>& records, std::string_view condition) {
    const std::string first = sequence_of(records.front());
    const std::string last = sequence_of(records.back());
    Json report = {
        {"version", "1.0"},
        {"timestamp", to_iso8601_millis(site_.clock.now())},
        {"requestContext",
         {{"requestId", new_uuid(site_.random)},
          {"functionArn", function_arn(site_.place, mapping_.function)},
          {"condition", condition},
          {"approximateInvokeCount", at.failures}}},
        {"DDBStreamBatchInfo",
         {{"shardId", shard},
          {"startSequenceNumber", first},
          {"endSequenceNumber", last},
          {"approximateArrivalOfFirstRecord", to_iso8601_millis(arrival_of(records.front()))},
          {"approximateArrivalOfLastRecord", to_iso8601_millis(arrival_of(records.back()))},
          {"batchSize", records.size()},
          {"streamArn", mapping_.source}}}};
    if (!at.failure.empty()) {
        report["responseContext"] = {
            {"statusCode", 200}, {"executedVersion", kLatest}, {"functionError", "Unhandled"}};
        report["responsePayload"] = parse_json(at.failure, "a function's failure");
    }
    add_records(report, records);
    if (mapping_.settings.on_failure.empty())
        log::error("stream records are left behind: their mapping has no OnFailure destination",
                   {{"mapping", mapping_.uuid}, {"record", to_text(report)}});
    else
        send_to_destination(site_, mapping_.settings.on_failure, report,
                            mapping_.uuid + ":" + shard + ":" + first + "-" + last);
    advance(shard, last, "PROBLEM: Function call failed");
}

void StreamReader::advance(const std::string& shard, const std::string& sequence,
                           std::string_view result) {
    Checkpoint done;
    done.sequence = sequence;
    fault::reach("lambda.before-checkpoint");
    mappings_.save(mapping_, shard, done, result);
}

}  // namespace lifeboat::local::lambda
