// What goes on behind the calls: filling new indexes, deleting expired items, forgetting old stream
// records and request tokens, clearing away the rows of deleted tables and indexes. Each is a job
// (local/jobs.h) that works in batches, so that no transaction is long.
#pragma once

#include <cstdint>
#include <string>

#include "local/dynamodb/engine.h"

namespace lifeboat::local::dynamodb {

class Background {
  public:
    explicit Background(Engine& engine) : engine_(engine) {}

    // Registers the job handlers. Once, before jobs run.
    void prepare();
    // Asks for the regular sweep.
    void start();

    // Enters the items that are already there into an index, or into the index for time to live;
    // then makes the index active.
    void fill_index(Transaction& tx, const Table& table, std::int64_t index_id);
    // Deletes expired items from now on, every `dynamodb.ttl_seconds` (60 when not set).
    void expire_items(Transaction& tx, const Table& table);
    void purge_rows(Transaction& tx, std::int64_t table_id);
    void purge_entries(Transaction& tx, std::int64_t index_id);

  private:
    JobResult run_fill(const Job& job);
    JobResult run_expire(const Job& job);
    JobResult run_purge(const Job& job);
    JobResult run_sweep();

    Engine& engine_;
};

}  // namespace lifeboat::local::dynamodb
