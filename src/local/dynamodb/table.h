// What a table is: its keys, indexes, stream and settings. The rows are in items.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/dynamodb/key_condition.h"
#include "local/dynamodb/projection.h"

namespace lifeboat::local::dynamodb {

// Capacity units; zero with BillingMode PAY_PER_REQUEST.
struct Throughput {
    std::int64_t read = 0;
    std::int64_t write = 0;

    bool operator==(const Throughput&) const = default;
};

struct Index {
    enum class Projected { All, KeysOnly, Include };

    std::int64_t id = 0;  // of its entries; never used again
    std::string name;
    KeySchema keys;
    bool is_global = true;
    Projected projected = Projected::All;
    std::vector<std::string> included;  // with Include
    Throughput throughput;              // of a global index
    bool is_active = true;              // false while the items that were there before are entered
};

struct StreamSettings {
    std::int64_t id = 0;
    std::string arn;
    std::string label;
    std::string view_type;  // KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES
    bool is_enabled = true;
};

// Items whose `attribute` (seconds since 1970) has passed are deleted. They are found through an
// index of their own, which callers do not see.
struct TimeToLive {
    std::string attribute;
    std::int64_t index_id = 0;
};

struct Table {
    std::int64_t id = 0;  // of its rows; never used again
    std::string name;
    std::string arn;
    std::string uuid;
    Time created;
    KeySchema keys;
    std::vector<KeyAttribute> attributes;  // AttributeDefinitions, as given
    std::vector<Index> indexes;
    bool is_provisioned = false;
    Throughput throughput;
    std::optional<StreamSettings> stream;  // the latest, also after it was switched off
    std::optional<TimeToLive> time_to_live;
    bool is_protected = false;
    std::string table_class = "STANDARD";

    const Index* index(std::string_view index_name) const;
    bool has_local_index() const;
    // nullptr when there is none.
    const StreamSettings* enabled_stream() const;
};

// The stored form.
Json to_json(const Table& table);
Table table_from_json(const Json& json);

// KeySchema as the API shows it.
Json key_schema_json(const KeySchema& keys);
std::vector<std::string> names_of(const KeySchema& keys);

// The TableDescription members.
Json describe(const Table& table, std::string_view status, std::int64_t item_count,
              std::int64_t size_bytes);

// What a reader of the index sees of an item.
Item projected(const Table& table, const Index& index, const Item& item);

}  // namespace lifeboat::local::dynamodb
