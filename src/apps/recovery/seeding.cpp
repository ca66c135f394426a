#include "apps/recovery/seeding.h"

#include "apps/recovery/functions.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::recovery {
namespace {

Seeded failure(const std::string& domain_id, const Profile& profile, const Error& error) {
    return {domain_id, profile, error.code(), error.what(), true};
}

}  // namespace

std::vector<Seeded> seed(Observer& observer, const Occasion& occasion) {
    std::vector<Seeded> report;
    for (const std::string& domain_id : observer.studio().domain_ids()) {
        std::vector<Profile> profiles;
        try {
            observer.observe_domain(domain_id);
            profiles = observer.studio().profiles(domain_id);
        } catch (const Error& e) {
            report.push_back(failure(domain_id, {}, e));
            continue;
        }
        for (const Profile& profile : profiles) {
            try {
                const Observation seen = observer.observe(profile, domain_id, occasion);
                report.push_back({domain_id, profile, std::string(to_string(seen.outcome)),
                                  seen.explanation, false});
            } catch (const Error& e) {
                report.push_back(failure(domain_id, profile, e));
            }
        }
    }
    return report;
}

Json seed_registry(const Json&, cloud::FunctionContext& context) {
    Registry registry(context.cloud, context.clock);
    Observer observer(registry);
    const int adopted = registry.adopt();
    Json counts = Json::object();
    Json failures = Json::array();
    for (const Seeded& one : seed(observer, {"seed-registry", "", ""})) {
        counts[one.outcome] = counts.value(one.outcome, 0) + 1;
        if (!one.failed) continue;
        failures.push_back({{"DomainId", one.domain_id},
                            {"Profile", one.profile.name.empty() ? "" : one.profile.text()},
                            {"Error", one.outcome},
                            {"Cause", one.explanation}});
    }
    return {{"Adopted", adopted}, {"Outcomes", counts}, {"Failures", failures}};
}

}  // namespace lifeboat::recovery
