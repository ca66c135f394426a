#include "local/dynamodb/items.h"

#include "base/json.h"
#include "local/dynamodb/key_bytes.h"
#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

Item parse_item(std::string_view text) {
    return item_from_json(parse_json(text, "a stored item"));
}

std::size_t key_size(const Value& value) {
    return value.size();
}

bool is_empty(const Value& value) {
    const auto* text = value.get<std::string>();
    const auto* binary = value.get<Binary>();
    return (text != nullptr && text->empty()) || (binary != nullptr && binary->bytes.empty());
}

std::string empty_kind(const Value& value) {
    return value.type() == Type::S ? "string" : "binary";
}

void check_key_size(const Value& value, bool is_hash) {
    if (is_hash && key_size(value) > kMaxHashKeySize)
        throw invalid_parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes");
    if (!is_hash && key_size(value) > kMaxRangeKeySize)
        throw invalid_parameter(
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

void check_not_empty(const KeyAttribute& attribute, const Value& value) {
    if (is_empty(value))
        throw refusal(
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty " +
            empty_kind(value) + " value. Key: " + attribute.name);
}

void check_table_key(const KeyAttribute& attribute, bool is_hash, const Item& item) {
    const auto it = item.find(attribute.name);
    if (it == item.end())
        throw invalid_parameter("Missing the key " + attribute.name + " in the item");
    if (it->second.type() != attribute.type)
        throw invalid_parameter("Type mismatch for key " + attribute.name +
                                " expected: " + std::string(short_name(attribute.type)) +
                                " actual: " + std::string(short_name(it->second.type())));
    check_not_empty(attribute, it->second);
    check_key_size(it->second, is_hash);
}

void check_index_key(const Index& index, const KeyAttribute& attribute, bool is_hash,
                     const Item& item) {
    const auto it = item.find(attribute.name);
    if (it == item.end()) return;
    if (it->second.type() != attribute.type)
        throw invalid_parameter("Type mismatch for Index Key " + attribute.name +
                                " Expected: " + std::string(short_name(attribute.type)) +
                                " Actual: " + std::string(short_name(it->second.type())) +
                                " IndexName: " + index.name);
    if (is_empty(it->second))
        throw refusal(
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an "
            "empty " +
            empty_kind(it->second) + " value. IndexName: " + index.name +
            ", IndexKey: " + attribute.name);
    check_key_size(it->second, is_hash);
}

bool has(const KeyAttribute& attribute, const Item& item) {
    const auto it = item.find(attribute.name);
    return it != item.end() && it->second.type() == attribute.type && !is_empty(it->second);
}

}  // namespace

std::string after_all_keys() {
    // Four bytes of hash, then at most 2048 bytes 0xFF of a binary key, then its end.
    return std::string(kHashPrefixSize + kMaxHashKeySize + 1, '\xFF');
}

std::string row_key(const KeySchema& keys, const Item& item) {
    std::string bytes = partition_bytes(item.find(keys.hash.name)->second);
    if (keys.range) append_key_part(bytes, item.find(keys.range->name)->second);
    return bytes;
}

std::optional<std::string> entry_key(const Index& index, const Item& item,
                                     const std::string& item_key) {
    if (!has(index.keys.hash, item)) return std::nullopt;
    if (index.keys.range && !has(*index.keys.range, item)) return std::nullopt;
    return row_key(index.keys, item) + item_key;
}

std::optional<std::string> expiry_key(const TimeToLive& ttl, const Item& item,
                                      const std::string& item_key) {
    const auto it = item.find(ttl.attribute);
    if (it == item.end() || it->second.type() != Type::N) return std::nullopt;
    std::string bytes;
    append_key_part(bytes, it->second);
    return bytes + item_key;
}

void check_item(const Table& table, const Item& item) {
    check_table_key(table.keys.hash, true, item);
    if (table.keys.range) check_table_key(*table.keys.range, false, item);
    for (const Index& index : table.indexes) {
        check_index_key(index, index.keys.hash, true, item);
        if (index.keys.range) check_index_key(index, *index.keys.range, false, item);
    }
}

Item check_key(const Table& table, Item key) {
    const auto mismatch = [] {
        return refusal("The provided key element does not match the schema");
    };
    if (key.size() != (table.keys.range ? 2U : 1U)) throw mismatch();
    const auto check = [&](const KeyAttribute& attribute, bool is_hash) {
        const auto it = key.find(attribute.name);
        if (it == key.end() || it->second.type() != attribute.type) throw mismatch();
        check_not_empty(attribute, it->second);
        check_key_size(it->second, is_hash);
    };
    check(table.keys.hash, true);
    if (table.keys.range) check(*table.keys.range, false);
    return key;
}

std::vector<std::string> Items::schema() {
    return {R"(
CREATE TABLE dynamodb_item (
    table_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (table_id, key)
) WITHOUT ROWID;
CREATE TABLE dynamodb_entry (
    index_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    item_key BLOB NOT NULL,
    PRIMARY KEY (index_id, key)
) WITHOUT ROWID;
)"};
}

std::optional<Item> Items::get(Transaction& tx, const Table& table, const std::string& key) const {
    return tx.one("SELECT item FROM dynamodb_item WHERE table_id = ?1 AND key = ?2",
                  {table.id, Blob{key}}, [](const Row& row) { return parse_item(row.text(0)); });
}

void Items::replace(Transaction& tx, const Table& table, const std::string& key, const Item* before,
                    const Item* after, Actor actor) {
    if (before == nullptr && after == nullptr) return;
    if (after != nullptr)
        tx.run(
            "INSERT INTO dynamodb_item (table_id, key, item) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET item = excluded.item",
            {table.id, Blob{key}, item_text(*after)});
    else
        tx.run("DELETE FROM dynamodb_item WHERE table_id = ?1 AND key = ?2", {table.id, Blob{key}});
    const auto key_of = [&](const Index& index, const Item* item) {
        return item == nullptr ? std::nullopt : entry_key(index, *item, key);
    };
    for (const Index& index : table.indexes)
        move_entry(tx, index.id, key_of(index, before), key_of(index, after), key);
    if (const auto& ttl = table.time_to_live) {
        const auto expiry_of = [&](const Item* item) {
            return item == nullptr ? std::nullopt : expiry_key(*ttl, *item, key);
        };
        move_entry(tx, ttl->index_id, expiry_of(before), expiry_of(after), key);
    }
    const auto bytes = [](const Item* item) {
        return item == nullptr ? 0 : static_cast<std::int64_t>(item_size(*item));
    };
    const std::int64_t more_items = (after != nullptr ? 1 : 0) - (before != nullptr ? 1 : 0);
    const std::int64_t more_bytes = bytes(after) - bytes(before);
    if (more_items != 0 || more_bytes != 0)
        tx.run(
            "UPDATE dynamodb_count SET items = items + ?2, bytes = bytes + ?3 WHERE table_id = ?1",
            {table.id, more_items, more_bytes});
    log_.append(tx, table, before, after, actor);
}

void Items::move_entry(Transaction& tx, std::int64_t index_id,
                       const std::optional<std::string>& from, const std::optional<std::string>& to,
                       const std::string& item_key) {
    if (from == to && !to) return;
    if (from && from != to)
        tx.run("DELETE FROM dynamodb_entry WHERE index_id = ?1 AND key = ?2",
               {index_id, Blob{*from}});
    // Also when nothing moved: while an index is being built the entry may not be there yet.
    if (to) put_entry(tx, index_id, *to, item_key);
}

void Items::put_entry(Transaction& tx, std::int64_t index_id, const std::string& key,
                      const std::string& item_key) {
    tx.run(
        "INSERT INTO dynamodb_entry (index_id, key, item_key) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO NOTHING",
        {index_id, Blob{key}, Blob{item_key}});
}

void Items::each(Transaction& tx, const Table& table, const Index* index, const KeyRange& range,
                 bool forward, const std::function<bool(Item item)>& visit) const {
    if (index == nullptr) {
        tx.each(forward ? "SELECT item FROM dynamodb_item"
                          " WHERE table_id = ?1 AND key >= ?2 AND key < ?3 ORDER BY key"
                        : "SELECT item FROM dynamodb_item"
                          " WHERE table_id = ?1 AND key >= ?2 AND key < ?3 ORDER BY key DESC",
                {table.id, Blob{range.low}, Blob{range.high}},
                [&](const Row& row) { return visit(parse_item(row.text(0))); });
        return;
    }
    // CROSS JOIN keeps SQLite from starting at the items.
    tx.each(forward ? "SELECT i.item FROM dynamodb_entry AS e CROSS JOIN dynamodb_item AS i"
                      " ON i.table_id = ?4 AND i.key = e.item_key"
                      " WHERE e.index_id = ?1 AND e.key >= ?2 AND e.key < ?3 ORDER BY e.key"
                    : "SELECT i.item FROM dynamodb_entry AS e CROSS JOIN dynamodb_item AS i"
                      " ON i.table_id = ?4 AND i.key = e.item_key"
                      " WHERE e.index_id = ?1 AND e.key >= ?2 AND e.key < ?3 ORDER BY e.key DESC",
            {index->id, Blob{range.low}, Blob{range.high}, table.id},
            [&](const Row& row) { return visit(parse_item(row.text(0))); });
}

std::vector<std::string> Items::keys_after(Transaction& tx, const Table& table,
                                           const std::string& after, std::int64_t limit) const {
    std::vector<std::string> keys;
    tx.each("SELECT key FROM dynamodb_item WHERE table_id = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
            {table.id, Blob{after}, limit}, [&](const Row& row) {
                keys.push_back(row.string(0));
                return true;
            });
    return keys;
}

std::vector<std::string> Items::entries(Transaction& tx, std::int64_t index_id,
                                        const KeyRange& range, std::int64_t limit) const {
    std::vector<std::string> keys;
    tx.each(
        "SELECT item_key FROM dynamodb_entry WHERE index_id = ?1 AND key >= ?2 AND key < ?3"
        " ORDER BY key LIMIT ?4",
        {index_id, Blob{range.low}, Blob{range.high}, limit}, [&](const Row& row) {
            keys.push_back(row.string(0));
            return true;
        });
    return keys;
}

bool Items::purge_rows(Transaction& tx, std::int64_t table_id, std::int64_t limit) {
    return tx.run(
               "DELETE FROM dynamodb_item WHERE table_id = ?1 AND key IN"
               " (SELECT key FROM dynamodb_item WHERE table_id = ?1 ORDER BY key LIMIT ?2)",
               {table_id, limit}) == limit;
}

bool Items::purge_entries(Transaction& tx, std::int64_t index_id, std::int64_t limit) {
    return tx.run(
               "DELETE FROM dynamodb_entry WHERE index_id = ?1 AND key IN"
               " (SELECT key FROM dynamodb_entry WHERE index_id = ?1 ORDER BY key LIMIT ?2)",
               {index_id, limit}) == limit;
}

}  // namespace lifeboat::local::dynamodb
