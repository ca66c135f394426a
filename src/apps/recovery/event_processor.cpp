// event-processor: told by EventBridge that a domain, user profile or space was created or deleted.
//
// What no later try can mend goes to the dead-letter queue at once; what may pass (the profile is
// still Pending, a throttle) is thrown, so that the event is delivered again.
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

}  // namespace

Json process_event(const Json& event, cloud::FunctionContext& context) {
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
    if (!studio_event.profile)
        return process_domain(observer, studio_event, occasion, context, event);
    const Profile& profile = *studio_event.profile;
    try {
        const Observation seen = observer.observe(profile, studio_event.domain_id, occasion);
        if (seen.outcome == Observation::Outcome::UnknownDomain && !studio_event.deletes())
            return rejected(context, event, profile.text() + " in " + studio_event.domain_id,
                            "UnknownDomain", seen.explanation);
        return answer(to_string(seen.outcome), seen.explanation);
    } catch (Error& e) {
        const std::string who = profile.text() + " in " + studio_event.domain_id;
        if (e.category() == ErrorCategory::InvalidInput)
            return rejected(context, event, who, e.code(), e.message());
        throw e.within("processing " + studio_event.name + " of " + who);
    }
}

}  // namespace lifeboat::recovery
