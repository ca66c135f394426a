// The catalogue: all tables, by name.
//
// Descriptions are kept parsed in memory. Every change of one draws a new random generation number
// within its transaction; a reader whose snapshot has another generation than the memory loads
// afresh. So neither a change that is undone nor a reader that lags behind can be served wrong.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "local/database.h"
#include "local/dynamodb/table.h"
#include "local/site.h"

namespace lifeboat::local::dynamodb {

class Tables {
  public:
    explicit Tables(Site& site) : site_(site) {}

    static std::vector<std::string> schema();

    // By name or ARN; nullptr when there is none. Thread-safe.
    std::shared_ptr<const Table> find(Transaction& tx, std::string_view name_or_arn);
    // Throws Error{NotFound, "ResourceNotFoundException"}: for data operations, as DynamoDB says
    // it.
    std::shared_ptr<const Table> require(Transaction& tx, std::string_view name_or_arn);

    // Up to `limit` names after `after`, in order.
    std::vector<std::string> names(Transaction& tx, std::string_view after, std::int64_t limit);

    void insert(Transaction& tx, const Table& table);
    void save(Transaction& tx, const Table& table);
    void remove(Transaction& tx, const Table& table);

    // For tables, indexes and streams: each number is given out once.
    std::int64_t next_id(Transaction& tx);

  private:
    using ByName = std::map<std::string, std::shared_ptr<const Table>, std::less<>>;
    void new_generation(Transaction& tx);

    Site& site_;
    std::mutex mutex_;
    std::int64_t generation_ = 0;
    std::shared_ptr<const ByName> tables_;
};

}  // namespace lifeboat::local::dynamodb
