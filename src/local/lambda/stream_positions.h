// Where reading stands in the shards of streams, between one look and the next.
//
// DynamoDB shows a shard in pages, any number of which may be empty before the next record comes
// (GetRecords, NextShardIterator). A checkpoint only names the last record that is done: who began
// there at every look would see the same empty page for ever. In memory alone: after a restart the
// empty pages are walked once more, from the checkpoint on.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace lifeboat::local::lambda {

// Thread-safe.
class StreamPositions {
  public:
    // The iterator that reads on where nothing has come after the record `sequence` (empty: since
    // the shard began). Nothing: none is known, begin at the checkpoint. It may have expired.
    std::optional<std::string> find(const std::string& mapping, const std::string& shard,
                                    const std::string& sequence) const;
    void keep(const std::string& mapping, const std::string& shard, std::string sequence,
              std::string iterator);
    void forget(const std::string& mapping, const std::string& shard);
    // Every shard's.
    void forget(const std::string& mapping);

  private:
    struct Position {
        std::string sequence;
        std::string iterator;
    };

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Position> positions_;  // by mapping and shard
};

}  // namespace lifeboat::local::lambda
