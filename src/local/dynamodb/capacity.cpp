#include "local/dynamodb/capacity.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "local/dynamodb/key_bytes.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr double kReadUnitBytes = 4096;
constexpr double kWriteUnitBytes = 1024;
constexpr double kGigabyte = 1024.0 * 1024 * 1024;

double sum(const std::map<std::string, double>& by_name) {
    double total = 0;
    for (const auto& [name, units] : by_name)
        total += units;
    return total;
}

Json by_index(const std::map<std::string, double>& by_name) {
    Json json = Json::object();
    for (const auto& [name, units] : by_name)
        json[name] = {{"CapacityUnits", units}};
    return json;
}

}  // namespace

double read_units(std::size_t bytes, bool is_consistent) {
    return std::max(1.0, std::ceil(static_cast<double>(bytes) / kReadUnitBytes)) *
           (is_consistent ? 1.0 : 0.5);
}

double write_units(std::size_t bytes) {
    return std::max(1.0, std::ceil(static_cast<double>(bytes) / kWriteUnitBytes));
}

void Consumption::read_index(const Index& index, double units) {
    (index.is_global ? global_ : local_)[index.name] += units;
}

void Consumption::write(const Table& table, const Item* before, const Item* after, double factor) {
    const auto size = [](const Item* item) { return item == nullptr ? 0 : item_size(*item); };
    writes_ += factor * write_units(std::max(size(before), size(after)));
    if (before == nullptr && after == nullptr) return;
    for (const Index& index : table.indexes) {
        const auto seen = [&](const Item* item) -> std::optional<Item> {
            if (item == nullptr || !entry_key(index, *item, "")) return std::nullopt;
            return projected(table, index, *item);
        };
        const auto old_entry = seen(before), new_entry = seen(after);
        if (old_entry == new_entry) continue;
        double units = 0;
        // A changed key is a removal and an insertion; anything else one write.
        if (old_entry && new_entry &&
            entry_key(index, *old_entry, "") == entry_key(index, *new_entry, "")) {
            units = write_units(std::max(item_size(*old_entry), item_size(*new_entry)));
        } else {
            if (old_entry) units += write_units(item_size(*old_entry));
            if (new_entry) units += write_units(item_size(*new_entry));
        }
        (index.is_global ? global_ : local_)[index.name] += factor * units;
    }
}

Json Consumption::to_json(const Table& table, std::string_view wanted, bool split) const {
    const double of_table = reads_ + writes_;
    const double total = of_table + sum(local_) + sum(global_);
    Json json = {{"TableName", table.name}, {"CapacityUnits", total}};
    if (split) json[writes_ > 0 ? "WriteCapacityUnits" : "ReadCapacityUnits"] = total;
    if (wanted == "INDEXES") {
        json["Table"] = {{"CapacityUnits", of_table}};
        if (!local_.empty()) json["LocalSecondaryIndexes"] = by_index(local_);
        if (!global_.empty()) json["GlobalSecondaryIndexes"] = by_index(global_);
    }
    return json;
}

void add_consumption(const Json& request, const Table& table, const Consumption& consumption,
                     Json& response) {
    const std::string wanted = string_or(request, "ReturnConsumedCapacity", "NONE");
    if (wanted != "NONE") response["ConsumedCapacity"] = consumption.to_json(table, wanted, false);
}

Json item_collection(Transaction& tx, const Items& items, const Table& table, const Item& item) {
    if (!table.has_local_index()) return nullptr;
    const Value& hash = item.find(table.keys.hash.name)->second;
    KeyRange range;
    range.low = partition_bytes(hash);
    range.high = after_prefix(range.low);
    std::size_t bytes = 0;
    items.each(tx, table, nullptr, range, true, [&](const Item& one) {
        bytes += item_size(one);
        for (const Index& index : table.indexes)
            if (!index.is_global && entry_key(index, one, ""))
                bytes += item_size(projected(table, index, one));
        return true;
    });
    const double whole = std::floor(static_cast<double>(bytes) / kGigabyte);
    return {{"ItemCollectionKey", {{table.keys.hash.name, hash.to_json()}}},
            {"SizeEstimateRangeGB", {whole, whole + 1}}};
}

}  // namespace lifeboat::local::dynamodb
