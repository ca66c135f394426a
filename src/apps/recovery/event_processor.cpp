// event-processor: told by EventBridge that a domain, user profile or space was created or deleted.
//
// What no later try can mend goes to the dead-letter queue at once. A profile that has no home yet
// (Pending) is looked at again later: the event waits in the queue `recovery-later` and comes back
// from there. What else may pass (a throttle) is thrown, so that the event is delivered again.
#include <algorithm>

#include "apps/recovery/dead_letter.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/observer.h"
#include "apps/recovery/studio_event.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

constexpr std::string_view kName = "event-processor";
constexpr std::string_view kLaterQueue = "recovery-later";

Json answer(std::string_view outcome, std::string_view explanation) {
    return {{"Outcome", outcome}, {"Explanation", explanation}};
}

Json rejected(cloud::FunctionContext& context, const Json& event, const std::string& who,
              const std::string& error, const std::string& cause) {
    send_dead_letter(context, kName, who, error, cause, event);
    return answer("REJECTED", cause);
}

Json process_domain(Observer& observer, const StudioEvent& event, const Occasion& occasion,
                    cloud::FunctionContext& context, const Json& original) {
    if (event.deletes()) {
        const int buried =
            observer.domain_deleted(event.domain_id, event.keeps_file_system, occasion);
        return answer("DOMAIN_DELETED", std::to_string(buried) + " rows became tombstones");
    }
    if (observer.observe_domain(event.domain_id)) return answer("DOMAIN_KNOWN", event.domain_id);
    if (observer.domains().find(event.domain_id))
        return answer("GONE", "domain " + event.domain_id + " was deleted meanwhile");
    return rejected(context, original, "", "UnknownDomain",
                    "there is no domain " + event.domain_id);
}

// The event comes back after 1, 2, 4, ... 60 seconds; after some quarter of an hour no more.
constexpr int kMostLooks = 20;
constexpr std::int64_t kLongestDelaySeconds = 60;
constexpr const char* kLooks = "lifeboatLooks";

Json look_later(cloud::FunctionContext& context, const Json& event, const std::string& who,
                const Error& why) {
    const std::int64_t looks = integer_or(event, kLooks, 0) + 1;
    if (looks >= kMostLooks) return rejected(context, event, who, why.code(), why.message());
    Json again = event;
    again[kLooks] = looks;
    const std::int64_t delay =
        std::min(kLongestDelaySeconds, std::int64_t{1} << std::min<std::int64_t>(looks - 1, 10));
    const Json queue = context.cloud.call("sqs", "GetQueueUrl", {{"QueueName", kLaterQueue}});
    context.cloud.call("sqs", "SendMessage",
                       {{"QueueUrl", require_string(queue, "QueueUrl")},
                        {"MessageBody", to_text(again)},
                        {"DelaySeconds", delay}});
    return answer("LATER", why.message());
}

Json process_one(const Json& event, cloud::FunctionContext& context) {
    StudioEvent studio_event;
    try {
        studio_event = parse_studio_event(event);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::InvalidInput) throw;
        return rejected(context, event, "", e.code(), e.message());
    }
    if (!studio_event.error_code.empty())
        return answer("IGNORED",
                      "the call failed with " + studio_event.error_code + " and changed nothing");
    fault::reach("recovery.event-processor");
    Registry registry(context.cloud, context.clock);
    Observer observer(registry);
    const Occasion occasion{studio_event.name, studio_event.id, studio_event.time};
    if (!studio_event.profile) {
        try {
            return process_domain(observer, studio_event, occasion, context, event);
        } catch (const Error& e) {
            if (e.code() != kHomeNotReady) throw;
            return look_later(context, event, "domain " + studio_event.domain_id, e);
        }
    }
    const Profile& profile = *studio_event.profile;
    try {
        const Observation seen = observer.observe(profile, studio_event.domain_id, occasion);
        if (seen.outcome == Observation::Outcome::UnknownDomain && !studio_event.deletes())
            return rejected(context, event, profile.text() + " in " + studio_event.domain_id,
                            "UnknownDomain", seen.explanation);
        return answer(to_string(seen.outcome), seen.explanation);
    } catch (Error& e) {
        const std::string who = profile.text() + " in " + studio_event.domain_id;
        if (e.code() == kHomeNotReady) return look_later(context, event, who, e);
        if (e.category() == ErrorCategory::InvalidInput)
            return rejected(context, event, who, e.code(), e.message());
        throw e.within("processing " + studio_event.name + " of " + who);
    }
}

}  // namespace

Json process_event(const Json& event, cloud::FunctionContext& context) {
    const Json* records = find(event, "Records");
    if (records == nullptr || !records->is_array()) return process_one(event, context);
    Json answers = Json::array();
    for (const Json& record : *records) {
        Json held;
        try {
            held = parse_json(string_or(record, "body", ""), "the body of a message");
        } catch (const Error& e) {
            answers.push_back(rejected(context, record, "", "MalformedEvent", e.message()));
            continue;
        }
        answers.push_back(process_one(held, context));
    }
    return {{"Outcomes", std::move(answers)}};
}

}  // namespace lifeboat::recovery
