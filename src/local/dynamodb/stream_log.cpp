#include "local/dynamodb/stream_log.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::size_t kSequenceDigits = 21;
constexpr std::int64_t kTrimBatch = 2000;
constexpr std::string_view kColumns =
    "SELECT id, arn, label, table_name, view_type, keys, created, closed, last_sequence,"
    " trimmed_sequence FROM dynamodb_stream ";

Stream stream_of(const Row& row) {
    Stream stream;
    stream.id = row.integer(0);
    stream.arn = row.string(1);
    stream.label = row.string(2);
    stream.table = row.string(3);
    stream.view_type = row.string(4);
    const Json keys = parse_json(row.text(5), "a stream's keys");
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const KeyAttribute attribute{keys[i].at("AttributeName"), Type::S};
        if (i == 0)
            stream.keys.hash = attribute;
        else
            stream.keys.range = attribute;
    }
    stream.created = from_epoch_micros(row.integer(6));
    if (!row.is_null(7)) stream.closed = from_epoch_micros(row.integer(7));
    stream.last_sequence = row.integer(8);
    stream.trimmed_sequence = row.integer(9);
    return stream;
}

Item keys_of(const Table& table, const Item& item) {
    Item keys;
    for (const std::string& name : names_of(table.keys))
        keys.insert(*item.find(name));
    return keys;
}

// ISO 8601 without the zone, as labels are.
std::string label_of(Time time) {
    std::string label = to_iso8601_millis(time);
    label.pop_back();
    return label;
}

}  // namespace

std::vector<std::string> StreamLog::schema() {
    return {R"(
CREATE TABLE dynamodb_stream (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    table_name TEXT NOT NULL,
    view_type TEXT NOT NULL,
    keys TEXT NOT NULL,
    created INTEGER NOT NULL,
    closed INTEGER,
    last_sequence INTEGER NOT NULL,
    trimmed_sequence INTEGER NOT NULL
);
CREATE TABLE dynamodb_stream_record (
    stream_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    created INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (stream_id, sequence)
) WITHOUT ROWID;
CREATE TABLE dynamodb_stream_watch (
    stream_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (stream_id, kind, key)
) WITHOUT ROWID;
)"};
}

StreamSettings StreamLog::open(Transaction& tx, const Table& table, std::string_view view_type,
                               std::int64_t id) {
    StreamSettings settings;
    settings.id = id;
    settings.view_type = view_type;
    Time created = site_.clock.now();
    do {  // labels name streams of one table: two must not be of the same millisecond
        settings.label = label_of(created);
        settings.arn = table.arn + "/stream/" + settings.label;
        created += std::chrono::milliseconds(1);
    } while (find(tx, settings.arn));
    tx.run(
        "INSERT INTO dynamodb_stream (id, arn, label, table_name, view_type, keys, created,"
        " last_sequence, trimmed_sequence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)",
        {id, settings.arn, settings.label, table.name, view_type,
         to_text(key_schema_json(table.keys)), to_epoch_micros(site_.clock.now())});
    return settings;
}

void StreamLog::close(Transaction& tx, const StreamSettings& stream) {
    tx.run("UPDATE dynamodb_stream SET closed = ?2 WHERE id = ?1 AND closed IS NULL",
           {stream.id, to_epoch_micros(site_.clock.now())});
}

void StreamLog::append(Transaction& tx, const Table& table, const Item* before, const Item* after,
                       Actor actor) {
    const StreamSettings* stream = table.enabled_stream();
    if (stream == nullptr || (before == nullptr && after == nullptr)) return;
    if (before != nullptr && after != nullptr && *before == *after) return;

    const auto sequence = *tx.one(
        "UPDATE dynamodb_stream SET last_sequence = last_sequence + 1 WHERE id = ?1"
        " RETURNING last_sequence",
        {stream->id}, [](const Row& row) { return row.integer(0); });
    const Time now = site_.clock.now();
    const Item keys = keys_of(table, after != nullptr ? *after : *before);
    std::size_t size = item_size(keys);
    Json change = {{"ApproximateCreationDateTime",
                    std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()},
                   {"Keys", item_to_json(keys)},
                   {"SequenceNumber", sequence_text(sequence)},
                   {"StreamViewType", stream->view_type}};
    const auto image = [&](const char* member, const Item* item) {
        if (item == nullptr) return;
        change[member] = item_to_json(*item);
        size += item_size(*item);
    };
    const bool both = stream->view_type == "NEW_AND_OLD_IMAGES";
    if (both || stream->view_type == "NEW_IMAGE") image("NewImage", after);
    if (both || stream->view_type == "OLD_IMAGE") image("OldImage", before);
    change["SizeBytes"] = size;
    Json record = {{"eventID", new_hex(site_.random, 32)},
                   {"eventName", before == nullptr  ? "INSERT"
                                 : after == nullptr ? "REMOVE"
                                                    : "MODIFY"},
                   {"eventVersion", "1.1"},
                   {"eventSource", "aws:dynamodb"},
                   {"awsRegion", site_.place.region},
                   {"dynamodb", std::move(change)}};
    if (actor == Actor::TimeToLive)
        record["userIdentity"] = {{"Type", "Service"}, {"PrincipalId", "dynamodb.amazonaws.com"}};
    tx.run(
        "INSERT INTO dynamodb_stream_record (stream_id, sequence, created, record)"
        " VALUES (?1, ?2, ?3, ?4)",
        {stream->id, sequence, to_epoch_micros(now), to_text(record)});
    tx.each("SELECT kind, key, payload FROM dynamodb_stream_watch WHERE stream_id = ?1",
            {stream->id}, [&](const Row& row) {
                site_.jobs.enqueue(tx, row.text(0), row.text(1),
                                   parse_json(row.text(2), "a stream watch"), now);
                return true;
            });
}

std::optional<Stream> StreamLog::find(Transaction& tx, std::string_view arn) const {
    static const std::string sql = std::string(kColumns) + "WHERE arn = ?1";
    return tx.one(sql, {arn}, stream_of);
}

std::vector<Stream> StreamLog::list(Transaction& tx, std::string_view table,
                                    std::string_view after_arn, std::int64_t limit) const {
    static const std::string sql = std::string(kColumns) +
                                   "WHERE arn > ?1 AND (?2 = '' OR table_name = ?2)"
                                   " ORDER BY arn LIMIT ?3";
    std::vector<Stream> streams;
    tx.each(sql, {after_arn, table, limit}, [&](const Row& row) {
        streams.push_back(stream_of(row));
        return true;
    });
    return streams;
}

void StreamLog::each(Transaction& tx, const Stream& stream, std::int64_t sequence,
                     const std::function<bool(std::int64_t, std::string_view)>& visit) const {
    tx.each(
        "SELECT sequence, record FROM dynamodb_stream_record"
        " WHERE stream_id = ?1 AND sequence >= ?2 ORDER BY sequence",
        {stream.id, sequence}, [&](const Row& row) { return visit(row.integer(0), row.text(1)); });
}

bool StreamLog::trim(Transaction& tx, Time now) const {
    const std::int64_t horizon = to_epoch_micros(now - kStreamRetention);
    std::int64_t removed = 0;
    std::vector<std::int64_t> ids;
    tx.each("SELECT id FROM dynamodb_stream", {}, [&](const Row& row) {
        ids.push_back(row.integer(0));
        return true;
    });
    for (const std::int64_t id : ids) {
        // Old records lie in front; the first young one ends the search.
        std::int64_t last = 0, seen = 0;
        tx.each(
            "SELECT sequence, created FROM dynamodb_stream_record WHERE stream_id = ?1"
            " ORDER BY sequence LIMIT ?2",
            {id, kTrimBatch}, [&](const Row& row) {
                if (row.integer(1) >= horizon) return false;
                last = row.integer(0);
                ++seen;
                return true;
            });
        if (seen == 0) continue;
        tx.run("DELETE FROM dynamodb_stream_record WHERE stream_id = ?1 AND sequence <= ?2",
               {id, last});
        tx.run("UPDATE dynamodb_stream SET trimmed_sequence = ?2 WHERE id = ?1", {id, last});
        removed = std::max(removed, seen);
    }
    if (removed == kTrimBatch) return true;
    tx.run(
        "DELETE FROM dynamodb_stream_watch WHERE stream_id IN"
        " (SELECT id FROM dynamodb_stream WHERE closed < ?1)",
        {horizon});
    tx.run("DELETE FROM dynamodb_stream WHERE closed < ?1", {horizon});
    return false;
}

std::string StreamLog::sequence_text(std::int64_t sequence) {
    std::string digits = std::to_string(sequence);
    return "1" + std::string(kSequenceDigits - 1 - digits.size(), '0') + digits;
}

std::optional<std::int64_t> StreamLog::parse_sequence(std::string_view text) {
    if (text.size() != kSequenceDigits || text[0] != '1') return std::nullopt;
    std::int64_t sequence = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 1, end, sequence);
    if (stop != end || error != std::errc() || sequence < 0) return std::nullopt;
    return sequence;
}

void watch_stream(Transaction& tx, std::string_view stream_arn, std::string_view job_kind,
                  std::string_view job_key, const Json& payload) {
    const auto id = tx.one("SELECT id FROM dynamodb_stream WHERE arn = ?1", {stream_arn},
                           [](const Row& row) { return row.integer(0); });
    if (!id)
        throw Error(
            ErrorCategory::NotFound, "ResourceNotFoundException",
            "Requested resource not found: Stream: " + std::string(stream_arn) + " not found");
    tx.run(
        "INSERT INTO dynamodb_stream_watch (stream_id, kind, key, payload) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET payload = excluded.payload",
        {*id, job_kind, job_key, to_text(payload)});
}

void unwatch_stream(Transaction& tx, std::string_view job_kind, std::string_view job_key) {
    tx.run("DELETE FROM dynamodb_stream_watch WHERE kind = ?1 AND key = ?2", {job_kind, job_key});
}

}  // namespace lifeboat::local::dynamodb
