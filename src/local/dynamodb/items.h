// The rows of tables and of their indexes.
//
// A change of an item keeps its index entries, the table's counters and its stream in step, all in
// the caller's transaction. Entries of an index lead to the item's row; what an index projects is
// cut out when it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/database.h"
#include "local/dynamodb/stream_log.h"
#include "local/dynamodb/table.h"

namespace lifeboat::local::dynamodb {

// Row-key bytes [low, high); see key_bytes.h.
struct KeyRange {
    std::string low;
    std::string high;
};
// Greater than every row key.
std::string after_all_keys();

// Of an item which has the keys, of the right types.
std::string row_key(const KeySchema& keys, const Item& item);
// nullopt when the item lacks a key of the index, and so is not in it.
std::optional<std::string> entry_key(const Index& index, const Item& item,
                                     const std::string& item_key);
// Of the index for time to live; nullopt when the attribute is not a number.
std::optional<std::string> expiry_key(const TimeToLive& ttl, const Item& item,
                                      const std::string& item_key);

// Checks an item before it is written: keys there, of the right types and sizes, also those of
// indexes; the item not too large. Throws Error{InvalidInput, "ValidationException"}.
void check_item(const Table& table, const Item& item);
// The key attributes of a request's Key: exactly the table's.
Item check_key(const Table& table, Item key);

class Items {
  public:
    explicit Items(StreamLog& log) : log_(log) {}

    static std::vector<std::string> schema();

    std::optional<Item> get(Transaction& tx, const Table& table, const std::string& key) const;

    // `before` is the item as read in this transaction; either may be null.
    void replace(Transaction& tx, const Table& table, const std::string& key, const Item* before,
                 const Item* after, Actor actor);

    // Items in key order, forwards or backwards, of the table or of an index, until `visit` returns
    // false.
    void each(Transaction& tx, const Table& table, const Index* index, const KeyRange& range,
              bool forward, const std::function<bool(Item item)>& visit) const;

    // Keys of up to `limit` rows after `after`: for background work.
    std::vector<std::string> keys_after(Transaction& tx, const Table& table,
                                        const std::string& after, std::int64_t limit) const;
    // Item keys of up to `limit` entries of an index in the range.
    std::vector<std::string> entries(Transaction& tx, std::int64_t index_id, const KeyRange& range,
                                     std::int64_t limit) const;
    void put_entry(Transaction& tx, std::int64_t index_id, const std::string& key,
                   const std::string& item_key);
    // Removes up to `limit` rows or entries of a table or index that is gone; true: there is more.
    bool purge_rows(Transaction& tx, std::int64_t table_id, std::int64_t limit);
    bool purge_entries(Transaction& tx, std::int64_t index_id, std::int64_t limit);

  private:
    void move_entry(Transaction& tx, std::int64_t index_id, const std::optional<std::string>& from,
                    const std::optional<std::string>& to, const std::string& item_key);

    StreamLog& log_;
};

}  // namespace lifeboat::local::dynamodb
