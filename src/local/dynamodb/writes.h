// Changes of single items: what PutItem, UpdateItem, DeleteItem, batches and transactions do alike.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "local/dynamodb/condition.h"
#include "local/dynamodb/items.h"
#include "local/dynamodb/tables.h"
#include "local/dynamodb/update.h"

namespace lifeboat::local::dynamodb {

struct Change {
    enum class Kind { Put, Update, Delete, Check };

    Kind kind = Kind::Put;
    std::shared_ptr<const Table> table;
    Item item;        // Put: the whole item; else: its key
    std::string key;  // of its row
    std::optional<Condition> condition;
    std::optional<Update> update;
    bool shows_item_on_failure = false;
};

struct Changed {
    std::optional<Item> before;
    std::optional<Item> after;
};

// Reads a request of PutItem, UpdateItem, DeleteItem, or a member of TransactWriteItems. Throws
// Error{InvalidInput, "ValidationException"}, Error{NotFound, "ResourceNotFoundException"}.
Change parse_change(Transaction& tx, Tables& tables, Change::Kind kind, const Json& request);
// A PutRequest's Item or a DeleteRequest's Key, of BatchWriteItem.
Change plain_change(std::shared_ptr<const Table> table, Change::Kind kind, const Json& content);

// Makes the change. Throws Error{InvalidInput, "ConditionalCheckFailedException"} with the member
// Item, where asked for, and "ValidationException".
Changed perform(Transaction& tx, Items& items, const Change& change);

// The Attributes a caller asked for with ReturnValues; null when there are none.
Json returned_values(const Change& change, const Changed& changed, std::string_view wanted);

// Refuses what later expressions replaced ("Expected", "AttributeUpdates", ...), naming the
// replacement.
void refuse_legacy(const Json& request);

}  // namespace lifeboat::local::dynamodb
