// Operations on tables: create, describe, update, delete, list; tags; time to live.
// Source: DynamoDB API reference.
#pragma once

#include "base/json_fwd.h"
#include "local/dynamodb/background.h"
#include "local/dynamodb/engine.h"

namespace lifeboat::local::dynamodb {

class TableOperations {
  public:
    TableOperations(Engine& engine, Background& background)
        : engine_(engine), background_(background) {}

    // A table is usable at once; the answers say CREATING, UPDATING, DELETING as DynamoDB's do.
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);

    Json tag(Transaction& tx, const Json& request);
    Json untag(Transaction& tx, const Json& request);
    Json list_tags(Transaction& tx, const Json& request);

    Json update_time_to_live(Transaction& tx, const Json& request);
    Json describe_time_to_live(Transaction& tx, const Json& request);
    Json describe_continuous_backups(Transaction& tx, const Json& request);

  private:
    std::shared_ptr<const Table> table_of(Transaction& tx, const Json& request);
    std::shared_ptr<const Table> tagged_table(Transaction& tx, const Json& request);
    Json description(Transaction& tx, const Table& table, std::string_view status);
    void add_tags(Transaction& tx, const Table& table, const Json& tags);
    void update_stream(Transaction& tx, Table& table, const Json& specification);
    void update_index(Transaction& tx, Table& table, const Json& change);

    Engine& engine_;
    Background& background_;
};

}  // namespace lifeboat::local::dynamodb
