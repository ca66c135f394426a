// Event source mappings: which stream or queue feeds which function, and how far each has come.
//
// A mapping and its checkpoints are rows; the work is a keyed job (kMappingJob, uuid) that the
// poller handles. Whoever enables a mapping asks for the job in the same transaction; a stream's
// mapping is asked for again by every record (dynamodb/stream_log.h).
// Source: Lambda API reference, CreateEventSourceMapping.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/lambda/invoker.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

inline constexpr std::string_view kMappingJob = "lambda.mapping";

enum class SourceKind { Stream, Queue };

// Limits and defaults are the API's.
struct MappingSettings {
    std::int64_t batch_size = 100;  // queues: 10
    Duration window{0};             // how long a batch may wait to become full
    std::int64_t retries = -1;      // of a failed batch; -1: until its records expire
    std::int64_t most_age_seconds = -1;
    bool bisects = false;
    bool reports_items = false;  // FunctionResponseTypes has ReportBatchItemFailures
    std::string on_failure;      // ARN; empty: none
    std::vector<std::string> filters;
};

struct Mapping {
    std::string uuid;
    std::string function;
    std::string source;  // ARN
    SourceKind kind = SourceKind::Stream;
    bool enabled = true;
    // Shards without a checkpoint start after this sequence number; empty: at their beginning.
    std::string start_after;
    MappingSettings settings;
};

// How far a mapping is in a shard, and how it fares with the batch that starts there.
struct Checkpoint {
    std::string sequence;       // of the last record that is done; empty: none
    std::string batch_end;      // last record of a batch that failed before; empty: not failed
    std::int64_t failures = 0;  // of this batch
    std::optional<Time> retry_at;
    std::string failure;  // the function's last error payload
    bool closed = false;  // the shard ended and is read to its end
};

class Mappings {
  public:
    Mappings(Site& site, const Invoker& invoker) : site_(site), invoker_(invoker) {}

    // The tables' SQL.
    static std::string schema();
    std::vector<Operation> operations();

    // Only enabled ones.
    std::optional<Mapping> find_enabled(const std::string& uuid) const;
    Checkpoint checkpoint(const Mapping& mapping, const std::string& shard) const;
    // Durable on return; without effect when the mapping is gone.
    void save(const Mapping& mapping, const std::string& shard, const Checkpoint& checkpoint,
              std::string_view result);
    // Shards that are read to their end and not `listed` any more.
    void forget_closed(const Mapping& mapping, const std::set<std::string>& listed);
    // What the mapping shows as its LastProcessingResult.
    void note(const Mapping& mapping, std::string_view result);

  private:
    Json create(const Json& request);
    Json update(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request) const;
    Json describe(Transaction& tx, const std::string& uuid) const;
    void check_queue(const std::string& arn, const std::string& function) const;
    bool is_stream_elsewhere(const Mapping& mapping) const;
    void check_stream_elsewhere(const std::string& arn, const std::string& position) const;
    void switch_on(Transaction& tx, const Mapping& mapping);
    void switch_off(Transaction& tx, const std::string& uuid);

    Site& site_;
    const Invoker& invoker_;
};

}  // namespace lifeboat::local::lambda
