#include "apps/recovery/dead_letter.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::recovery {

void send_dead_letter(cloud::FunctionContext& context, std::string_view function,
                      const std::string& profile, const std::string& error,
                      const std::string& cause, const Json& input) {
    const Json queue = context.cloud.call("sqs", "GetQueueUrl", {{"QueueName", kDeadLetterQueue}});
    const Json body = {{"Function", function}, {"Profile", profile},
                       {"Error", error},       {"Cause", cause},
                       {"Input", input},       {"Time", to_iso8601_millis(context.clock.now())}};
    context.cloud.call(
        "sqs", "SendMessage",
        {{"QueueUrl", require_string(queue, "QueueUrl")}, {"MessageBody", to_text(body)}});
    log::warning("dead letter", {{"function", std::string(function)},
                                 {"profile", profile},
                                 {"error", error},
                                 {"cause", cause}});
}

}  // namespace lifeboat::recovery
