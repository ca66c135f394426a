// The service "dynamodbstreams": reads the change logs of tables.
//
// An iterator is text of our own that says stream, position and when it was given out; like
// DynamoDB's it is good for fifteen minutes. A position is the sequence number of the next record.
#include <charconv>

#include "base/encoding.h"
#include "base/json.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/service.h"
#include "local/dynamodb/stream_log.h"

namespace lifeboat::local {
namespace {

using namespace dynamodb;

constexpr std::chrono::minutes kIteratorLife{15};
constexpr std::int64_t kMaxRecords = 1000;
constexpr std::size_t kMaxRecordBytes = 1024 * 1024;
constexpr std::int64_t kMaxStreams = 100;

Error no_stream(const std::string& arn) {
    return Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                 "Requested resource not found: Stream: " + arn + " not found");
}

Error trimmed() {
    return Error(ErrorCategory::NotFound, "TrimmedDataAccessException",
                 "The requested records are past the 24 hours that streams keep; go on from "
                 "TRIM_HORIZON");
}

// One shard a stream; the name holds the time in milliseconds and the stream's number.
std::string shard_id(const Stream& stream) {
    const std::string time = std::to_string(to_epoch_micros(stream.created) / 1000);
    const std::string number = std::to_string(stream.id);
    const auto padded = [](const std::string& digits, std::size_t width) {
        return std::string(width - std::min(width, digits.size()), '0') + digits;
    };
    return "shardId-" + padded(time, 20) + "-" + padded(number, 8);
}

struct Iterator {
    std::string arn;
    std::int64_t position = 1;
    Time issued;

    std::string text() const {
        return arn + "|1|" +
               base64_encode(std::to_string(position) + "," +
                             std::to_string(to_epoch_micros(issued)));
    }
};

Iterator parse_iterator(const std::string& text) {
    const auto invalid = [] { return refusal("Invalid ShardIterator"); };
    const auto bar = text.find("|1|");
    if (bar == std::string::npos) throw invalid();
    const auto inner = base64_decode(std::string_view(text).substr(bar + 3));
    if (!inner) throw invalid();
    std::int64_t issued = 0;
    Iterator iterator;
    iterator.arn = text.substr(0, bar);
    const char* end = inner->data() + inner->size();
    const auto first = std::from_chars(inner->data(), end, iterator.position);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') throw invalid();
    const auto second = std::from_chars(first.ptr + 1, end, issued);
    if (second.ec != std::errc() || second.ptr != end || iterator.position < 1) throw invalid();
    iterator.issued = from_epoch_micros(issued);
    return iterator;
}

class StreamsService final : public Service {
  public:
    explicit StreamsService(Site& site) : site_(site), log_(site) {}

    std::string_view name() const override { return "dynamodbstreams"; }

    std::vector<Operation> operations() override {
        const auto handled = [this](Json (StreamsService::*handler)(Transaction&, const Json&)) {
            return [this, handler](Transaction& tx, const Json& request, const Caller&) {
                return (this->*handler)(tx, request);
            };
        };
        return {reads("ListStreams", handled(&StreamsService::list)),
                reads("DescribeStream", handled(&StreamsService::describe)),
                reads("GetShardIterator", handled(&StreamsService::iterator)),
                reads("GetRecords", handled(&StreamsService::records))};
    }

  private:
    Stream stream_of(Transaction& tx, const std::string& arn) {
        auto stream = log_.find(tx, arn);
        if (!stream) throw no_stream(arn);
        return *std::move(stream);
    }

    Json list(Transaction& tx, const Json& request) {
        const std::int64_t limit = std::min(integer_or(request, "Limit", kMaxStreams), kMaxStreams);
        auto streams = log_.list(tx, string_or(request, "TableName", ""),
                                 string_or(request, "ExclusiveStartStreamArn", ""), limit + 1);
        Json response = Json::object();
        if (static_cast<std::int64_t>(streams.size()) > limit) {
            streams.pop_back();
            response["LastEvaluatedStreamArn"] = streams.back().arn;
        }
        response["Streams"] = Json::array();
        for (const Stream& stream : streams)
            response["Streams"].push_back({{"StreamArn", stream.arn},
                                           {"TableName", stream.table},
                                           {"StreamLabel", stream.label}});
        return response;
    }

    Json describe(Transaction& tx, const Json& request) {
        const Stream stream = stream_of(tx, require_string(request, "StreamArn"));
        Json range = {
            {"StartingSequenceNumber", StreamLog::sequence_text(stream.trimmed_sequence + 1)}};
        if (stream.closed)
            range["EndingSequenceNumber"] =
                StreamLog::sequence_text(std::max(stream.last_sequence, std::int64_t{1}));
        Json shards = Json::array(
            {{{"ShardId", shard_id(stream)}, {"SequenceNumberRange", std::move(range)}}});
        // A shard of ours never splits, so it has no children, and nothing follows it.
        if (find(request, "ShardFilter") != nullptr ||
            string_or(request, "ExclusiveStartShardId", "") >= shard_id(stream))
            shards.clear();
        return {{"StreamDescription",
                 {{"StreamArn", stream.arn},
                  {"StreamLabel", stream.label},
                  {"StreamStatus", stream.closed ? "DISABLED" : "ENABLED"},
                  {"StreamViewType", stream.view_type},
                  {"CreationRequestDateTime", to_epoch_seconds(stream.created)},
                  {"TableName", stream.table},
                  {"KeySchema", key_schema_json(stream.keys)},
                  {"Shards", std::move(shards)}}}};
    }

    Json iterator(Transaction& tx, const Json& request) {
        const Stream stream = stream_of(tx, require_string(request, "StreamArn"));
        const std::string shard = require_string(request, "ShardId");
        if (shard != shard_id(stream))
            throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                        "Requested resource not found: Shard: " + shard +
                            " in Stream: " + stream.arn + " not found");
        const std::string type = require_string(request, "ShardIteratorType");
        const auto sequence_given = find_string(request, "SequenceNumber");
        Iterator out{stream.arn, stream.trimmed_sequence + 1, site_.clock.now()};
        if (type == "LATEST" || type == "TRIM_HORIZON") {
            if (sequence_given)
                throw refusal("SequenceNumber must not be given with ShardIteratorType " + type);
            if (type == "LATEST") out.position = stream.last_sequence + 1;
        } else {
            if (!sequence_given)
                throw refusal("SequenceNumber is required with ShardIteratorType " + type);
            const auto sequence = StreamLog::parse_sequence(*sequence_given);
            if (!sequence || *sequence > stream.last_sequence + 1)
                throw refusal("Invalid SequenceNumber: " + *sequence_given +
                              " is not in the shard " + shard);
            out.position = *sequence + (type == "AFTER_SEQUENCE_NUMBER" ? 1 : 0);
            if (out.position <= stream.trimmed_sequence) throw trimmed();
        }
        return {{"ShardIterator", out.text()}};
    }

    Json records(Transaction& tx, const Json& request) {
        Iterator iterator = parse_iterator(require_string(request, "ShardIterator"));
        const Time now = site_.clock.now();
        if (now - iterator.issued > kIteratorLife)
            throw Error(ErrorCategory::InvalidInput, "ExpiredIteratorException",
                        "The shard iterator was given out more than 15 minutes ago; get a new one");
        const Stream stream = stream_of(tx, iterator.arn);
        if (iterator.position <= stream.trimmed_sequence) throw trimmed();
        const std::int64_t limit = std::min(integer_or(request, "Limit", kMaxRecords), kMaxRecords);
        Json found = Json::array();
        std::size_t bytes = 0;
        log_.each(tx, stream, iterator.position,
                  [&](std::int64_t sequence, std::string_view record) {
                      bytes += record.size();
                      if (!found.empty() && bytes > kMaxRecordBytes) return false;
                      found.push_back(parse_json(record, "a stream record"));
                      iterator.position = sequence + 1;
                      return static_cast<std::int64_t>(found.size()) < limit;
                  });
        Json response = {{"Records", std::move(found)}};
        iterator.issued = now;
        if (!stream.closed || iterator.position <= stream.last_sequence)
            response["NextShardIterator"] = iterator.text();
        return response;
    }

    Site& site_;
    StreamLog log_;
};

}  // namespace

std::unique_ptr<Service> make_dynamodb_streams_service(Site& site) {
    return std::make_unique<StreamsService>(site);
}

}  // namespace lifeboat::local
