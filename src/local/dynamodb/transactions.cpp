#include "local/dynamodb/transactions.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/dynamodb/capacity.h"
#include "local/dynamodb/reads.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/writes.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::size_t kMaxTransactionSize = 4 * 1024 * 1024;
constexpr std::size_t kMaxBatchSize = 16 * 1024 * 1024;
constexpr std::size_t kMaxBatchWrites = 25;
constexpr std::size_t kMaxBatchGets = 100;
constexpr double kTransactionFactor = 2;
constexpr std::chrono::minutes kTokenLife{10};

using RowId = std::pair<std::int64_t, std::string>;

// Consumption by table, for calls that touch several.
class Consumptions {
  public:
    Consumption& of(const std::shared_ptr<const Table>& table) {
        auto& [kept, consumption] = by_table_[table->name];
        kept = table;
        return consumption;
    }
    void add_to(Json& response, const Json& request, bool split) const {
        const std::string wanted = string_or(request, "ReturnConsumedCapacity", "NONE");
        if (wanted == "NONE") return;
        response["ConsumedCapacity"] = Json::array();
        for (const auto& [name, entry] : by_table_)
            response["ConsumedCapacity"].push_back(
                entry.second.to_json(*entry.first, wanted, split));
    }

  private:
    std::map<std::string, std::pair<std::shared_ptr<const Table>, Consumption>> by_table_;
};

void add_collections(Transaction& tx, const Engine& engine, const std::vector<Change>& changes,
                     const Json& request, Json& response) {
    if (string_or(request, "ReturnItemCollectionMetrics", "NONE") != "SIZE") return;
    for (const Change& change : changes)
        if (Json metrics = item_collection(tx, engine.items, *change.table, change.item);
            !metrics.is_null())
            response["ItemCollectionMetrics"][change.table->name].push_back(std::move(metrics));
}

Change parse_transacted(Transaction& tx, Engine& engine, const Json& entry) {
    static constexpr std::array<std::pair<const char*, Change::Kind>, 4> kActions = {
        {{"ConditionCheck", Change::Kind::Check},
         {"Put", Change::Kind::Put},
         {"Update", Change::Kind::Update},
         {"Delete", Change::Kind::Delete}}};
    const Json* action = nullptr;
    Change::Kind kind{};
    for (const auto& [name, named] : kActions) {
        const Json* given = find(entry, name);
        if (given == nullptr || given->is_null()) continue;
        if (action != nullptr)
            throw refusal("TransactItems can only contain one of Check, Put, Update or Delete");
        action = given;
        kind = named;
    }
    if (action == nullptr)
        throw refusal(
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
    return parse_change(tx, engine.tables, kind, *action);
}

// True: the same request was carried out a short while ago.
bool is_repetition(Transaction& tx, const Json& request, Time now) {
    const auto token = find_string(request, "ClientRequestToken");
    if (!token) return false;
    const std::string digest = to_hex(sha256(canonical_text(request.at("TransactItems"))));
    const auto stored = tx.one(
        "SELECT digest FROM dynamodb_request_token WHERE token = ?1 AND created > ?2",
        {*token, to_epoch_micros(now - kTokenLife)}, [](const Row& row) { return row.string(0); });
    if (stored && *stored != digest)
        throw Error(ErrorCategory::InvalidInput, "IdempotentParameterMismatchException",
                    "The request uses the same client token as a previous, but non-identical "
                    "request. Do not reuse a client token with different requests, unless the "
                    "requests are identical");
    if (!stored)
        tx.run(
            "INSERT INTO dynamodb_request_token (token, digest, created) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET digest = excluded.digest, created = excluded.created",
            {*token, digest, to_epoch_micros(now)});
    return stored.has_value();
}

[[noreturn]] void cancel(Json reasons) {
    std::string codes;
    for (const Json& reason : reasons)
        codes += (codes.empty() ? "" : ", ") + reason.at("Code").get<std::string>();
    throw Error(ErrorCategory::InvalidInput, "TransactionCanceledException",
                "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
                    codes + "]",
                {{"CancellationReasons", std::move(reasons)}});
}

std::vector<Change> parse_batch(Transaction& tx, Engine& engine, const Json& request) {
    std::vector<Change> changes;
    std::set<RowId> seen;
    for (const auto& [name, writes] : request.at("RequestItems").items()) {
        const auto table = engine.tables.require(tx, name);
        for (const Json& write : writes) {
            if (changes.size() == kMaxBatchWrites)
                throw refusal("Too many items requested for the BatchWriteItem call");
            const Json* put = find(write, "PutRequest");
            const Json* removal = find(write, "DeleteRequest");
            if ((put == nullptr) == (removal == nullptr))
                throw refusal(
                    "Supplied WriteRequest must have exactly one of PutRequest and DeleteRequest");
            changes.push_back(put != nullptr ? plain_change(table, Change::Kind::Put,
                                                            lifeboat::require(*put, "Item"))
                                             : plain_change(table, Change::Kind::Delete,
                                                            lifeboat::require(*removal, "Key")));
            if (!seen.emplace(table->id, changes.back().key).second)
                throw refusal("Provided list of item keys contains duplicates");
        }
    }
    return changes;
}

}  // namespace

std::vector<std::string> transactions_schema() {
    return {R"(
CREATE TABLE dynamodb_request_token (
    token TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;
)"};
}

void forget_request_tokens(Transaction& tx, Time now) {
    tx.run("DELETE FROM dynamodb_request_token WHERE created <= ?1",
           {to_epoch_micros(now - kTokenLife)});
}

Json transact_write(Transaction& tx, Engine& engine, const Json& request) {
    std::vector<Change> changes;
    std::set<RowId> seen;
    std::size_t bytes = 0;
    for (const Json& entry : request.at("TransactItems")) {
        changes.push_back(parse_transacted(tx, engine, entry));
        const Change& change = changes.back();
        if (!seen.emplace(change.table->id, change.key).second)
            throw refusal("Transaction request cannot include multiple operations on one item");
        bytes += item_size(change.item);
    }
    if (bytes > kMaxTransactionSize)
        throw refusal("The size of all items in a transaction must not exceed 4 MB");

    Json response = Json::object();
    Consumptions consumptions;
    if (is_repetition(tx, request, engine.site.clock.now())) {
        for (const Change& change : changes)
            consumptions.of(change.table)
                .read_table(kTransactionFactor * read_units(item_size(change.item), true));
        consumptions.add_to(response, request, true);
        return response;
    }
    Json reasons = Json::array();
    bool is_cancelled = false;
    for (const Change& change : changes) {
        Json reason = {{"Code", "None"}};
        try {
            const Changed changed = perform(tx, engine.items, change);
            consumptions.of(change.table)
                .write(*change.table, changed.before ? &*changed.before : nullptr,
                       changed.after ? &*changed.after : nullptr, kTransactionFactor);
        } catch (const Error& e) {
            // Only what is wrong with this item; everything else ends the call as it is.
            const bool is_condition = e.code() == "ConditionalCheckFailedException";
            if (!is_condition && e.code() != "ValidationException") throw;
            reason = e.members();
            reason["Code"] = is_condition ? "ConditionalCheckFailed" : "ValidationError";
            reason["Message"] = e.message();
            is_cancelled = true;
        }
        reasons.push_back(std::move(reason));
    }
    if (is_cancelled) cancel(std::move(reasons));
    consumptions.add_to(response, request, true);
    add_collections(tx, engine, changes, request, response);
    return response;
}

Json transact_get(Transaction& tx, Engine& engine, const Json& request) {
    Json response = {{"Responses", Json::array()}};
    Consumptions consumptions;
    std::size_t bytes = 0;
    for (const Json& entry : request.at("TransactItems")) {
        const Json& get = lifeboat::require(entry, "Get");
        const auto table =
            engine.tables.require(tx, lifeboat::require(get, "TableName").get<std::string>());
        Placeholders placeholders(get);
        const auto projection = projection_of(get, placeholders);
        placeholders.check_all_used(projection ? "" : "ProjectionExpression is null");
        const Item key = check_key(*table, item_from_json(get.at("Key")));
        const auto item = engine.items.get(tx, *table, row_key(table->keys, key));
        const std::size_t size = item ? item_size(*item) : 0;
        bytes += size;
        if (bytes > kMaxTransactionSize)
            throw refusal("The size of all items in a transaction must not exceed 4 MB");
        consumptions.of(table).read_table(kTransactionFactor * read_units(size, true));
        Json found = Json::object();
        if (item) found["Item"] = item_to_json(projection ? projection->of(*item) : *item);
        response["Responses"].push_back(std::move(found));
    }
    consumptions.add_to(response, request, true);
    return response;
}

Json batch_write(Transaction& tx, Engine& engine, const Json& request) {
    const std::vector<Change> changes = parse_batch(tx, engine, request);
    std::size_t bytes = 0;
    for (const Change& change : changes)
        bytes += item_size(change.item);
    if (bytes > kMaxBatchSize)
        throw refusal("The size of all items in a BatchWriteItem call must not exceed 16 MB");
    Consumptions consumptions;
    for (const Change& change : changes) {
        const Changed changed = perform(tx, engine.items, change);
        consumptions.of(change.table)
            .write(*change.table, changed.before ? &*changed.before : nullptr,
                   changed.after ? &*changed.after : nullptr, 1);
    }
    Json response = {{"UnprocessedItems", Json::object()}};
    consumptions.add_to(response, request, false);
    add_collections(tx, engine, changes, request, response);
    return response;
}

Json batch_get(Transaction& tx, Engine& engine, const Json& request) {
    Json response = {{"Responses", Json::object()}, {"UnprocessedKeys", Json::object()}};
    Consumptions consumptions;
    std::size_t bytes = 0, count = 0;
    for (const auto& [name, wanted] : request.at("RequestItems").items()) {
        const auto table = engine.tables.require(tx, name);
        const bool is_consistent = bool_or(wanted, "ConsistentRead", false);
        Placeholders placeholders(wanted);
        const auto projection = projection_of(wanted, placeholders);
        placeholders.check_all_used(projection ? "" : "ProjectionExpression is null");
        Json found = Json::array(), unprocessed = Json::array();
        std::set<std::string> seen;
        for (const Json& given : lifeboat::require(wanted, "Keys")) {
            if (++count > kMaxBatchGets)
                throw refusal("Too many items requested for the BatchGetItem call");
            const Item key = check_key(*table, item_from_json(given));
            const std::string row = row_key(table->keys, key);
            if (!seen.insert(row).second)
                throw refusal("Provided list of item keys contains duplicates");
            if (bytes > kMaxBatchSize) {
                unprocessed.push_back(given);
                continue;
            }
            const auto item = engine.items.get(tx, *table, row);
            const std::size_t size = item ? item_size(*item) : 0;
            bytes += size;
            if (bytes > kMaxBatchSize) {
                unprocessed.push_back(given);
                continue;
            }
            consumptions.of(table).read_table(read_units(size, is_consistent));
            if (item) found.push_back(item_to_json(projection ? projection->of(*item) : *item));
        }
        response["Responses"][name] = std::move(found);
        if (!unprocessed.empty()) {
            Json rest = wanted;
            rest["Keys"] = std::move(unprocessed);
            response["UnprocessedKeys"][name] = std::move(rest);
        }
    }
    consumptions.add_to(response, request, false);
    return response;
}

}  // namespace lifeboat::local::dynamodb
