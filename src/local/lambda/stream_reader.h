// One step of a mapping from a DynamoDB stream: a batch of each shard that has one. A shard's turn
// comes when its parent is read to the end, so that the changes of an item keep their order.
//
// What a failed batch does next follows its mapping: tried again after a growing delay (setting
// lambda.retry_seconds, 1, doubled up to a minute), halved at once (BisectBatchOnFunctionError),
// from its first failed record on (ReportBatchItemFailures), or, when the tries or the records' age
// are used up, reported to the failure destination and left behind. So no record blocks its shard
// for longer than the mapping allows; with AWS's defaults that is until the stream forgets it,
// after a day. Source: Lambda developer guide, "Process DynamoDB records with Lambda".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/lambda/invoker.h"
#include "local/lambda/mappings.h"
#include "local/lambda/stream_positions.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

class StreamReader {
  public:
    StreamReader(Site& site, const Invoker& invoker, Mappings& mappings, StreamPositions& positions,
                 const Mapping& mapping)
        : site_(site),
          invoker_(invoker),
          mappings_(mappings),
          positions_(positions),
          mapping_(mapping) {}

    // When to look again; nothing: when a record comes. A stream elsewhere (local/elsewhere.h) is
    // looked at again after the setting lambda.poll_seconds (1).
    std::optional<Time> step();

  private:
    struct Batch {
        std::vector<Json> records;  // in Lambda's event form
        bool at_end = false;        // the shard is closed and has no more
    };

    struct Shard {
        std::string id;
        std::string parent;  // empty: none
    };

    // Nothing: the stream is gone. Streams do not come back.
    std::optional<std::vector<Shard>> list_shards();
    std::optional<Time> step_shard(const std::string& shard);
    // The checkpoint begins anew where the stream has forgotten what comes after it.
    Batch read(const std::string& shard, Checkpoint& at);
    Batch read_from(std::optional<std::string> position, const std::string& shard,
                    const Checkpoint& at);
    std::optional<std::string> iterator(const std::string& shard, const std::string& after);
    std::optional<Time> deliver(const std::string& shard, Checkpoint at, const Batch& batch);
    std::optional<Time> failed(const std::string& shard, Checkpoint at,
                               const std::vector<Json>& records, std::size_t first_failed,
                               std::string failure);
    void discard(const std::string& shard, const Checkpoint& at, const std::vector<Json>& records,
                 std::string_view condition);
    // Everything up to `sequence` is done.
    void advance(const std::string& shard, const std::string& sequence, std::string_view result);

    Site& site_;
    const Invoker& invoker_;
    Mappings& mappings_;
    StreamPositions& positions_;
    const Mapping& mapping_;
};

}  // namespace lifeboat::local::lambda
