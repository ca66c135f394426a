// Consumed capacity and item collections: what a call reports of its cost when asked
// (ReturnConsumedCapacity, ReturnItemCollectionMetrics). Nothing is throttled here.
// Source: DynamoDB Developer Guide, "DynamoDB read and write operations", "Capacity unit
// consumption".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "local/dynamodb/items.h"
#include "local/dynamodb/table.h"

namespace lifeboat::local::dynamodb {

// Read units for 4 KB, half when the read may be stale; write units for 1 KB. At least one of them.
double read_units(std::size_t bytes, bool is_consistent);
double write_units(std::size_t bytes);

// What one call used of one table.
class Consumption {
  public:
    void read_table(double units) { reads_ += units; }
    void read_index(const Index& index, double units);
    // A change of an item and of the entries of its indexes. Transactions cost twice: `factor`.
    void write(const Table& table, const Item* before, const Item* after, double factor);

    // ConsumedCapacity in the form `wanted` asks for: TOTAL or INDEXES. `split`: with read and
    // write units apart, as transactions report them.
    Json to_json(const Table& table, std::string_view wanted, bool split) const;

  private:
    double reads_ = 0;
    double writes_ = 0;
    std::map<std::string, double> local_;
    std::map<std::string, double> global_;
};

// Adds ConsumedCapacity to a response when the request wants it.
void add_consumption(const Json& request, const Table& table, const Consumption& consumption,
                     Json& response);

// One ItemCollectionMetrics, or null for a table without local indexes.
Json item_collection(Transaction& tx, const Items& items, const Table& table, const Item& item);

}  // namespace lifeboat::local::dynamodb
