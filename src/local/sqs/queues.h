// The queues that the database holds, their names, URLs and tags.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cloud/arn.h"
#include "local/database.h"
#include "local/sqs/queue_attributes.h"

namespace lifeboat::local::sqs {

struct Queue {
    std::int64_t id = 0;  // a queue made again under an old name has another
    std::string name;
    QueueAttributes attributes;
    Time created;
    Time modified;
    Time purged;  // the last PurgeQueue; 1970 for none
};

std::vector<std::string> queue_schema();

// Throws InvalidParameterValue for a name no queue, or no FIFO queue, may have.
void check_queue_name(const std::string& name, bool fifo);

// How queues are addressed.
struct QueueAddress {
    cloud::Place place;
    std::string base_url;  // "http://127.0.0.1:7411"

    std::string url(std::string_view name) const;
    std::string arn(std::string_view name) const;
    // The name at the end of a queue's URL, wherever it points. Throws InvalidAddress; an URL of
    // another account is QueueDoesNotExist.
    std::string name_of_url(const std::string& url) const;
    // Of this account's and region's queues; nothing for others.
    std::optional<std::string> name_of_arn(const std::string& arn) const;
};

class Queues {
  public:
    explicit Queues(Transaction& tx) : tx_(tx) {}

    std::optional<Queue> find(const std::string& name);
    // Throws QueueDoesNotExist.
    Queue require(const std::string& name);
    std::vector<std::string> names(const std::string& prefix, const std::string& after,
                                   std::size_t limit);
    // Names of the queues whose dead letters go to `arn`.
    std::vector<std::string> sources_of(const std::string& arn, const std::string& after,
                                        std::size_t limit);
    void create(const Queue& queue);
    // Settings and times.
    void update(const Queue& queue);
    // With all its messages.
    void remove(const Queue& queue, Time now);
    std::optional<Time> removed_at(const std::string& name);

    std::map<std::string, std::string> tags(const Queue& queue);
    void put_tag(const Queue& queue, const std::string& key, const std::string& value);
    void remove_tag(const Queue& queue, const std::string& key);

  private:
    Transaction& tx_;
};

}  // namespace lifeboat::local::sqs
