// check-target: is the home there that the work is to be brought to? Never waits itself: it says
// READY, WAITING (and for how long), SUPERSEDED (the profile was deleted or has another home by
// now) or NEVER (it has waited long enough).
#include <algorithm>

#include "apps/recovery/environment.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/recovery_case.h"
#include "apps/recovery/studio.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

constexpr std::int64_t kLongestWaitSeconds = 60;

struct Look {
    std::string status;
    std::string why;
};

std::string domain_id_by_name(Studio& studio, const std::string& name) {
    for (const std::string& id : studio.domain_ids())
        if (const std::optional<Domain> domain = studio.domain(id); domain && domain->name == name)
            return id;
    return "";
}

// A home that the input names without its profile: whoever has it in that domain.
std::optional<Profile> profile_with_home(Studio& studio, const Domain& domain, const Home& home) {
    for (const Profile& profile : studio.profiles(domain.id))
        if (const auto found = studio.profile(domain, profile); found && found->home == home)
            return found->profile;
    return std::nullopt;
}

Look look(Json& target, Studio& studio, Registry& registry, const Json& state,
          const cloud::FunctionContext& context) {
    Side side = side_from(target, "Target");
    const std::optional<Row> row = row_of_target(registry, state);
    if (row && (row->state == home_state::kDeleted ||
                (side.home.known() && row->is_live() && !(row->home == side.home))))
        return {"SUPERSEDED", row->state == home_state::kDeleted
                                  ? "the profile was deleted"
                                  : "the profile has the home " + row->home.text() + " by now"};
    if (side.domain_id.empty()) side.domain_id = domain_id_by_name(studio, side.domain_name);
    const std::optional<Domain> domain = studio.domain(side.domain_id);
    if (!domain) return {"WAITING", "there is no such domain"};
    target["DomainID"] = domain->id;
    target["DomainName"] = domain->name;
    if (!side.profile) {
        side.profile = profile_with_home(studio, *domain, side.home);
        if (!side.profile) return {"WAITING", "nobody in the domain has that home"};
        target[side.profile->kind == Kind::User ? "UserProfileName" : "SpaceName"] =
            side.profile->name;
    }
    const std::optional<StudioProfile> found = studio.profile(*domain, *side.profile);
    if (!found) return {"WAITING", "there is no such profile"};
    if (!found->home.known() || found->status != "InService")
        return {"WAITING", "its status is " + found->status};
    if (side.home.known() && !(side.home == found->home))
        return {"SUPERSEDED", "the profile has the home " + found->home.text()};
    target["HomeEfsFileSystemUid"] = found->home.uid;
    target["EfsFilesystemArn"] =
        arn_of(context.place, "elasticfilesystem", "file-system/" + found->home.file_system);
    if (Environment(context).waits_for_app() && !studio.has_app(domain->id, *side.profile))
        return {"WAITING", "no app has run yet, so the home directory is not made"};
    return {"READY", ""};
}

}  // namespace

Json check_target(const Json& event, cloud::FunctionContext& context) {
    Json state = event;
    Registry registry(context.cloud, context.clock);
    Studio studio(context.cloud);
    Look seen = look(state["Target"], studio, registry, event, context);

    const std::int64_t attempt = integer_or(event["Check"], "Attempt", 0) + 1;
    const Time now = context.clock.now();
    const Json* since_text = find_path(event, {"Execution", "StartTime"});
    const std::optional<Time> since = since_text != nullptr && since_text->is_string()
                                          ? parse_iso8601(since_text->get<std::string>())
                                          : std::nullopt;
    const auto limit = std::chrono::seconds(Environment(context).target_wait_seconds());
    if (seen.status == "READY" && bool_or(event["Check"], "HomeMissing", false))
        seen.why = "its home directory is not made";
    if ((seen.status == "WAITING" || !seen.why.empty()) && seen.status != "SUPERSEDED" && since &&
        now - *since >= limit) {
        seen.status = "NEVER";
        seen.why = describe_target(state) + " did not appear within " +
                   std::to_string(limit.count()) + " s: " + seen.why;
    }
    // 1, 2, 4, ... seconds.
    const std::int64_t wait =
        std::min(kLongestWaitSeconds, std::int64_t{1} << std::min<std::int64_t>(attempt - 1, 10));
    state["Check"] = {{"Status", seen.status},
                      {"Explanation", seen.why},
                      {"Attempt", attempt},
                      {"WaitSeconds", wait}};
    return state;
}

}  // namespace lifeboat::recovery
