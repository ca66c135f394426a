#include "apps/recovery/health.h"

#include "apps/recovery/dead_letter.h"
#include "apps/recovery/registry.h"
#include "apps/recovery/row.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {

Health read_health(cloud::Cloud& cloud) {
    Health health;
    for (const std::string_view each :
         {status::kNone, status::kOff, status::kPending, status::kRunning, status::kSuccess,
          status::kError, status::kSuperseded})
        health.rows[std::string(each)] = 0;
    cloud::each_item(
        cloud, "dynamodb", "Scan",
        {{"TableName", kUserTable}, {"ProjectionExpression", "replication_status"}},
        [&](const Json& item) {
            const auto found = item.find("replication_status");
            const bool named = found != item.end() && found->contains("S");
            ++health.rows[named ? require_string(*found, "S") : std::string(status::kNone)];
            return true;
        });
    const Json queue = cloud.call("sqs", "GetQueueUrl", {{"QueueName", kDeadLetterQueue}});
    const Json attributes =
        cloud.call("sqs", "GetQueueAttributes",
                   {{"QueueUrl", require_string(queue, "QueueUrl")}, {"AttributeNames", {"All"}}});
    for (const char* name : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                             "ApproximateNumberOfMessagesDelayed"})
        health.dead_letters += std::stoll(attributes.at("Attributes").at(name).get<std::string>());
    return health;
}

}  // namespace lifeboat::recovery
