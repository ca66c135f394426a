#include "local/dynamodb/background.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "local/dynamodb/key_bytes.h"
#include "local/dynamodb/transactions.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::string_view kFill = "dynamodb.fill-index";
constexpr std::string_view kExpire = "dynamodb.expire-items";
constexpr std::string_view kPurge = "dynamodb.purge";
constexpr std::string_view kSweep = "dynamodb.sweep";

constexpr std::int64_t kFillBatch = 500;
constexpr std::int64_t kExpireBatch = 100;
constexpr std::int64_t kPurgeBatch = 1000;
constexpr std::chrono::minutes kSweepInterval{60};
constexpr std::chrono::seconds kDefaultExpireInterval{60};
// Times further in the past are taken for mistakes, and the items stay (Developer Guide, "TTL").
constexpr std::int64_t kOldestExpiry = std::int64_t{5} * 365 * 24 * 3600;

std::string bytes_of_hex(const std::string& hex) {
    std::string bytes;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    return bytes;
}

std::string ordered_seconds(std::int64_t seconds) {
    std::string bytes;
    Number::of(seconds).append_ordered(bytes);
    return bytes;
}

}  // namespace

void Background::prepare() {
    Jobs& jobs = engine_.site.jobs;
    jobs.handle(std::string(kFill), [this](const Job& job) { return run_fill(job); });
    jobs.handle(std::string(kExpire), [this](const Job& job) { return run_expire(job); });
    jobs.handle(std::string(kPurge), [this](const Job& job) { return run_purge(job); });
    jobs.handle(std::string(kSweep), [this](const Job&) { return run_sweep(); });
}

void Background::start() {
    engine_.site.database.write([&](Transaction& tx) {
        engine_.site.jobs.enqueue(tx, kSweep, "all", Json::object(), engine_.site.clock.now());
    });
}

void Background::fill_index(Transaction& tx, const Table& table, std::int64_t index_id) {
    engine_.site.jobs.enqueue(tx, kFill, std::to_string(index_id),
                              {{"table", table.name}, {"id", table.id}, {"index", index_id}},
                              engine_.site.clock.now());
}

void Background::expire_items(Transaction& tx, const Table& table) {
    engine_.site.jobs.enqueue(tx, kExpire, std::to_string(table.id),
                              {{"table", table.name}, {"id", table.id}}, engine_.site.clock.now());
}

void Background::purge_rows(Transaction& tx, std::int64_t table_id) {
    engine_.site.jobs.enqueue(tx, kPurge, "table-" + std::to_string(table_id),
                              {{"table", table_id}}, engine_.site.clock.now());
}

void Background::purge_entries(Transaction& tx, std::int64_t index_id) {
    engine_.site.jobs.enqueue(tx, kPurge, "index-" + std::to_string(index_id),
                              {{"index", index_id}}, engine_.site.clock.now());
}

JobResult Background::run_fill(const Job& job) {
    const std::int64_t table_id = job.payload->at("id"), index_id = job.payload->at("index");
    const std::string after = bytes_of_hex(string_or(*job.payload, "after", ""));
    std::optional<std::string> last;
    engine_.site.database.write([&](Transaction& tx) {
        last.reset();
        const auto table =
            engine_.tables.find(tx, job.payload->at("table").get_ref<const std::string&>());
        if (table == nullptr || table->id != table_id) return;
        const auto index = std::find_if(table->indexes.begin(), table->indexes.end(),
                                        [&](const Index& one) { return one.id == index_id; });
        const bool is_expiry = table->time_to_live && table->time_to_live->index_id == index_id;
        if (index == table->indexes.end() && !is_expiry) return;
        const auto keys = engine_.items.keys_after(tx, *table, after, kFillBatch);
        for (const std::string& key : keys) {
            const auto item = engine_.items.get(tx, *table, key);
            const auto entry = is_expiry ? expiry_key(*table->time_to_live, *item, key)
                                         : entry_key(*index, *item, key);
            if (entry) engine_.items.put_entry(tx, index_id, *entry, key);
        }
        if (static_cast<std::int64_t>(keys.size()) == kFillBatch) {
            last = keys.back();
        } else if (is_expiry) {
            expire_items(tx, *table);  // what was found may long be due
        } else {
            Table filled = *table;
            filled.indexes[static_cast<std::size_t>(index - table->indexes.begin())].is_active =
                true;
            engine_.tables.save(tx, filled);
        }
    });
    if (!last) return finished();
    JobResult result = again_at(engine_.site.clock.now());
    Json payload = *job.payload;
    payload["after"] = to_hex(*last);
    result.payload = std::make_shared<const Json>(std::move(payload));
    return result;
}

JobResult Background::run_expire(const Job& job) {
    const std::int64_t table_id = job.payload->at("id");
    const Time now = engine_.site.clock.now();
    const std::int64_t seconds = to_epoch_micros(now) / 1'000'000;
    bool is_wanted = false, is_full = false;
    engine_.site.database.write([&](Transaction& tx) {
        is_wanted = is_full = false;
        const auto table =
            engine_.tables.find(tx, job.payload->at("table").get_ref<const std::string&>());
        if (table == nullptr || table->id != table_id || !table->time_to_live) return;
        is_wanted = true;
        const KeyRange range{ordered_seconds(seconds - kOldestExpiry), ordered_seconds(seconds)};
        const auto keys =
            engine_.items.entries(tx, table->time_to_live->index_id, range, kExpireBatch);
        is_full = static_cast<std::int64_t>(keys.size()) == kExpireBatch;
        for (const std::string& key : keys) {
            const auto item = engine_.items.get(tx, *table, key);
            if (item) engine_.items.replace(tx, *table, key, &*item, nullptr, Actor::TimeToLive);
        }
    });
    if (!is_wanted) return finished();
    return again_at(is_full ? now
                            : now + engine_.site.settings.seconds("dynamodb.ttl_seconds",
                                                                  kDefaultExpireInterval));
}

JobResult Background::run_purge(const Job& job) {
    const auto table_id = find_integer(*job.payload, "table");
    const auto index_id = find_integer(*job.payload, "index");
    const bool more = engine_.site.database.write([&](Transaction& tx) {
        return table_id ? engine_.items.purge_rows(tx, *table_id, kPurgeBatch)
                        : engine_.items.purge_entries(tx, *index_id, kPurgeBatch);
    });
    return more ? again_at(engine_.site.clock.now()) : finished();
}

JobResult Background::run_sweep() {
    const Time now = engine_.site.clock.now();
    const bool more = engine_.site.database.write([&](Transaction& tx) {
        forget_request_tokens(tx, now);
        return engine_.log.trim(tx, now);
    });
    return again_at(more ? now : now + kSweepInterval);
}

}  // namespace lifeboat::local::dynamodb
