// The change logs of tables: what DynamoDB Streams reads.
//
// A record is appended in the transaction of the change it tells of. Sequence numbers of a stream
// rise by one. Each stream is one shard, which closes when the stream is switched off or its table
// is deleted. Records are kept for 24 hours.
//
// Who wants to be woken when a stream has new records adds a watch: a keyed job (local/jobs.h)
// which is asked for in the appending transaction. So no record is ever missed, whatever crashes.
// The job reads through the service "dynamodbstreams", as everybody does. It may be asked for while
// it is waiting after a failure: a handler that wants to back off must look at its own state.
// Source: DynamoDB Streams API reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/database.h"
#include "local/dynamodb/table.h"
#include "local/jobs.h"
#include "local/site.h"

namespace lifeboat::local::dynamodb {

inline constexpr std::chrono::hours kStreamRetention{24};

struct Stream {
    std::int64_t id = 0;
    std::string arn;
    std::string label;
    std::string table;
    std::string view_type;
    KeySchema keys;
    Time created;
    std::optional<Time> closed;
    std::int64_t last_sequence = 0;     // of the latest record; 0: none yet
    std::int64_t trimmed_sequence = 0;  // up to here records are gone
};

// Who changed the item, where it was not a caller.
enum class Actor { Caller, TimeToLive };

class StreamLog {
  public:
    explicit StreamLog(Site& site) : site_(site) {}

    static std::vector<std::string> schema();

    // Opens a new stream for a table; its id, ARN and label are in the answer.
    StreamSettings open(Transaction& tx, const Table& table, std::string_view view_type,
                        std::int64_t id);
    void close(Transaction& tx, const StreamSettings& stream);

    // Appends the record of a change, unless it changed nothing.
    void append(Transaction& tx, const Table& table, const Item* before, const Item* after,
                Actor actor);

    std::optional<Stream> find(Transaction& tx, std::string_view arn) const;
    // Streams after `after_arn`, of one table or of all (empty).
    std::vector<Stream> list(Transaction& tx, std::string_view table, std::string_view after_arn,
                             std::int64_t limit) const;
    // Calls `visit` with sequence numbers and stored records, in order, from `sequence` on; until
    // it returns false.
    void each(Transaction& tx, const Stream& stream, std::int64_t sequence,
              const std::function<bool(std::int64_t, std::string_view record)>& visit) const;

    // Forgets records and closed streams older than the retention. True: there is more to do.
    bool trim(Transaction& tx, Time now) const;

    // 21 digits, as the API wants them; nullopt when `text` is none of ours.
    static std::string sequence_text(std::int64_t sequence);
    static std::optional<std::int64_t> parse_sequence(std::string_view text);

  private:
    Site& site_;
};

// From now on, every record appended to the stream asks for the job (kind, key) with `payload`, in
// the record's transaction. Adding it again replaces the payload. Throws Error{NotFound,
// "ResourceNotFoundException"} when there is no such stream.
void watch_stream(Transaction& tx, std::string_view stream_arn, std::string_view job_kind,
                  std::string_view job_key, const Json& payload);
void unwatch_stream(Transaction& tx, std::string_view job_kind, std::string_view job_key);

}  // namespace lifeboat::local::dynamodb
