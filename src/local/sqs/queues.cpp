#include "local/sqs/queues.h"

#include <algorithm>

#include "base/json.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local::sqs {
namespace {

constexpr std::size_t kLongestName = 80;

Error no_queue() {
    return Error(ErrorCategory::NotFound, "QueueDoesNotExist",
                 "The specified queue does not exist.");
}

std::string attributes_text(const QueueAttributes& attributes) {
    Json json = Json::object();
    for (const auto& [name, value] : attributes.values())
        json[name] = value;
    return to_text(json);
}

// The dead-letter queue's ARN, for looking up its sources; empty for none.
std::string redrive_arn(const Queue& queue) {
    const auto redrive = queue.attributes.redrive();
    return redrive ? redrive->target_arn : "";
}

}  // namespace

void check_queue_name(const std::string& name, bool fifo) {
    std::string_view stem = name;
    if (fifo && stem.ends_with(".fifo")) stem.remove_suffix(5);
    const bool good = !stem.empty() && name.size() <= kLongestName &&
                      (!fifo || stem.size() < name.size()) &&
                      std::all_of(stem.begin(), stem.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '_' || c == '-';
                      });
    if (good) return;
    throw refusal(
        "InvalidParameterValue",
        fifo ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, "
               "or underscores, must end with .fifo suffix and be 1 to 80 in length."
             : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
               "in length");
}

std::vector<std::string> queue_schema() {
    return {
        "CREATE TABLE sqs_queue ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, attributes TEXT NOT "
        "NULL,"
        " redrive_arn TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,"
        " purged INTEGER NOT NULL DEFAULT 0);"
        "CREATE INDEX sqs_queue_by_redrive ON sqs_queue (redrive_arn, name);"
        "CREATE TABLE sqs_removed (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sqs_tag ("
        " queue INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (queue, key))"
        " WITHOUT ROWID;"
        "CREATE TABLE sqs_message ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, message_id TEXT NOT NULL,"
        " body TEXT NOT NULL, attributes TEXT NOT NULL, trace TEXT NOT NULL, sender TEXT NOT NULL,"
        " sent INTEGER NOT NULL, visible INTEGER NOT NULL,"
        " group_id TEXT NOT NULL, dedup_id TEXT NOT NULL,"
        " receives INTEGER NOT NULL DEFAULT 0,"       // across all queues
        " receives_here INTEGER NOT NULL DEFAULT 0,"  // since it came into this queue
        " first_received INTEGER, received INTEGER, receipt TEXT NOT NULL DEFAULT '',"
        " source_arn TEXT NOT NULL DEFAULT '');"  // of a dead letter
        "CREATE INDEX sqs_message_visible ON sqs_message (queue, visible, id);"
        "CREATE INDEX sqs_message_sent ON sqs_message (queue, sent);"
        "CREATE INDEX sqs_message_group ON sqs_message (queue, group_id, visible);"
        "CREATE TABLE sqs_dedup ("
        " queue INTEGER NOT NULL, key TEXT NOT NULL, until INTEGER NOT NULL, answer TEXT NOT NULL,"
        " PRIMARY KEY (queue, key)) WITHOUT ROWID;"
        "CREATE INDEX sqs_dedup_until ON sqs_dedup (until);"
        "CREATE TABLE sqs_attempt ("
        " queue INTEGER NOT NULL, attempt TEXT NOT NULL, until INTEGER NOT NULL,"
        " receipts TEXT NOT NULL, PRIMARY KEY (queue, attempt)) WITHOUT ROWID;"
        "CREATE TABLE sqs_move ("
        " handle TEXT PRIMARY KEY, source_arn TEXT NOT NULL, destination_arn TEXT NOT NULL,"
        " rate INTEGER NOT NULL, status TEXT NOT NULL, moved INTEGER NOT NULL DEFAULT 0,"
        " to_move INTEGER NOT NULL, failure TEXT NOT NULL DEFAULT '', started INTEGER NOT NULL,"
        " last_message INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX sqs_move_by_source ON sqs_move (source_arn, started);",
    };
}

std::string QueueAddress::url(std::string_view name) const {
    return base_url + "/" + place.account + "/" + std::string(name);
}

std::string QueueAddress::arn(std::string_view name) const {
    return cloud::arn_of(place, "sqs", name);
}

std::string QueueAddress::name_of_url(const std::string& url) const {
    const std::size_t last = url.rfind('/');
    if (last == std::string::npos || last + 1 == url.size()) {
        // Older clients hand in the bare name.
        if (!url.empty() && last == std::string::npos && url.find(':') == std::string::npos)
            return url;
        throw Error(ErrorCategory::NotFound, "InvalidAddress",
                    "The address " + url + " is not valid for this endpoint.");
    }
    const std::size_t before = last == 0 ? std::string::npos : url.rfind('/', last - 1);
    const std::string account =
        before == std::string::npos ? "" : url.substr(before + 1, last - before - 1);
    if (account != place.account) throw no_queue();
    return url.substr(last + 1);
}

std::optional<std::string> QueueAddress::name_of_arn(const std::string& text) const {
    const auto arn = cloud::parse_arn(text);
    if (!arn || text != this->arn(arn->resource)) return std::nullopt;
    return arn->resource;
}

std::optional<Queue> Queues::find(const std::string& name) {
    return tx_.one(
        "SELECT id, name, attributes, created, modified, purged FROM sqs_queue WHERE name = ?1",
        {name}, [](const Row& row) {
            Queue queue;
            queue.id = row.integer(0);
            queue.name = row.string(1);
            std::map<std::string, std::string> values;
            const Json stored = parse_json(row.text(2), "a stored queue");
            for (const auto& [key, value] : stored.items())
                values.emplace(key, value.get<std::string>());
            queue.attributes = QueueAttributes(std::move(values));
            queue.created = from_epoch_micros(row.integer(3));
            queue.modified = from_epoch_micros(row.integer(4));
            queue.purged = from_epoch_micros(row.integer(5));
            return queue;
        });
}

Queue Queues::require(const std::string& name) {
    auto queue = find(name);
    if (!queue) throw no_queue();
    return std::move(*queue);
}

std::vector<std::string> Queues::names(const std::string& prefix, const std::string& after,
                                       std::size_t limit) {
    std::vector<std::string> all;
    tx_.each(
        "SELECT name FROM sqs_queue WHERE substr(name, 1, length(?1)) = ?1 AND name > ?2"
        " ORDER BY name LIMIT ?3",
        {prefix, after, static_cast<std::int64_t>(limit)}, [&](const Row& row) {
            all.push_back(row.string(0));
            return true;
        });
    return all;
}

std::vector<std::string> Queues::sources_of(const std::string& arn, const std::string& after,
                                            std::size_t limit) {
    std::vector<std::string> all;
    tx_.each(
        "SELECT name FROM sqs_queue WHERE redrive_arn = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
        {arn, after, static_cast<std::int64_t>(limit)}, [&](const Row& row) {
            all.push_back(row.string(0));
            return true;
        });
    return all;
}

void Queues::create(const Queue& queue) {
    tx_.run(
        "INSERT INTO sqs_queue (name, attributes, redrive_arn, created, modified)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
        {queue.name, attributes_text(queue.attributes), redrive_arn(queue),
         to_epoch_micros(queue.created), to_epoch_micros(queue.modified)});
    tx_.run("DELETE FROM sqs_removed WHERE name = ?1", {queue.name});
}

void Queues::update(const Queue& queue) {
    tx_.run(
        "UPDATE sqs_queue SET attributes = ?2, redrive_arn = ?3, modified = ?4, purged = ?5"
        " WHERE id = ?1",
        {queue.id, attributes_text(queue.attributes), redrive_arn(queue),
         to_epoch_micros(queue.modified), to_epoch_micros(queue.purged)});
}

void Queues::remove(const Queue& queue, Time now) {
    tx_.run("DELETE FROM sqs_message WHERE queue = ?1", {queue.id});
    tx_.run("DELETE FROM sqs_dedup WHERE queue = ?1", {queue.id});
    tx_.run("DELETE FROM sqs_attempt WHERE queue = ?1", {queue.id});
    tx_.run("DELETE FROM sqs_tag WHERE queue = ?1", {queue.id});
    tx_.run("DELETE FROM sqs_queue WHERE id = ?1", {queue.id});
    tx_.run("INSERT OR REPLACE INTO sqs_removed (name, at) VALUES (?1, ?2)",
            {queue.name, to_epoch_micros(now)});
}

std::optional<Time> Queues::removed_at(const std::string& name) {
    return tx_.one("SELECT at FROM sqs_removed WHERE name = ?1", {name},
                   [](const Row& row) { return from_epoch_micros(row.integer(0)); });
}

std::map<std::string, std::string> Queues::tags(const Queue& queue) {
    std::map<std::string, std::string> all;
    tx_.each("SELECT key, value FROM sqs_tag WHERE queue = ?1", {queue.id}, [&](const Row& row) {
        all.emplace(row.string(0), row.string(1));
        return true;
    });
    return all;
}

void Queues::put_tag(const Queue& queue, const std::string& key, const std::string& value) {
    tx_.run("INSERT OR REPLACE INTO sqs_tag (queue, key, value) VALUES (?1, ?2, ?3)",
            {queue.id, key, value});
}

void Queues::remove_tag(const Queue& queue, const std::string& key) {
    tx_.run("DELETE FROM sqs_tag WHERE queue = ?1 AND key = ?2", {queue.id, key});
}

}  // namespace lifeboat::local::sqs
