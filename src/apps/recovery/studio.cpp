#include "apps/recovery/studio.h"

#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {
namespace {

std::optional<Json> describe(cloud::Cloud& cloud, std::string_view operation, const Json& request) {
    try {
        return cloud.call("sagemaker", operation, request);
    } catch (const Error& e) {
        if (is_missing(e)) return std::nullopt;
        throw;
    }
}

}  // namespace

std::string role_name_of(const std::string& role_arn) {
    return role_arn.substr(role_arn.rfind('/') + 1);
}

bool is_missing(const Error& error) {
    return error.code() == "ResourceNotFound" || error.code() == "ResourceNotFoundException" ||
           (error.code() == "ValidationException" &&
            error.message().find("RecordNotFound") != std::string::npos);
}

std::optional<Domain> Studio::domain(const std::string& id) {
    if (id.empty()) return std::nullopt;
    const std::optional<Json> found = describe(cloud_, "DescribeDomain", {{"DomainId", id}});
    if (!found) return std::nullopt;
    Domain domain;
    domain.id = string_or(*found, "DomainId", id);
    domain.name = string_or(*found, "DomainName", "");
    domain.status = string_or(*found, "Status", "");
    domain.file_system = string_or(*found, "HomeEfsFileSystemId", "");
    if (const Json* subnets = find(*found, "SubnetIds"))
        for (const Json& subnet : *subnets)
            domain.subnets.push_back(subnet.get<std::string>());
    return domain;
}

bool Studio::is_live(const std::string& domain_id) {
    const std::optional<Domain> found = domain(domain_id);
    return found && found->status != "Deleting";
}

std::vector<std::string> Studio::domain_ids() {
    std::vector<std::string> ids;
    cloud::each_item(cloud_, "sagemaker", "ListDomains", {{"MaxResults", 100}},
                     [&](const Json& domain) {
                         ids.push_back(require_string(domain, "DomainId"));
                         return true;
                     });
    return ids;
}

std::optional<StudioProfile> Studio::profile(const Domain& domain, const Profile& profile) {
    const bool is_user = profile.kind == Kind::User;
    const std::string member = is_user ? "UserProfileName" : "SpaceName";
    const std::optional<Json> found =
        describe(cloud_, is_user ? "DescribeUserProfile" : "DescribeSpace",
                 {{"DomainId", domain.id}, {member, profile.name}});
    if (!found) return std::nullopt;
    StudioProfile result;
    result.profile = {profile.kind, string_or(*found, member, profile.name)};
    result.status = string_or(*found, "Status", "");
    if (result.is_going()) return std::nullopt;
    const std::string uid = string_or(*found, "HomeEfsFileSystemUid", "");
    if (is_uid(uid)) result.home = {domain.file_system, uid};
    if (const Json* role = find_path(*found, {"UserSettings", "ExecutionRole"});
        role != nullptr && role->is_string())
        result.role_name = role_name_of(role->get<std::string>());
    if (const Json* time = find(*found, "CreationTime"); time != nullptr && time->is_number())
        result.created_at = to_iso8601_millis(from_epoch_seconds(time->get<double>()));
    return result;
}

std::vector<Profile> Studio::profiles(const std::string& domain_id) {
    std::vector<Profile> profiles;
    const Json request = {{"DomainIdEquals", domain_id}, {"MaxResults", 100}};
    cloud::each_item(cloud_, "sagemaker", "ListUserProfiles", request, [&](const Json& user) {
        profiles.push_back({Kind::User, require_string(user, "UserProfileName")});
        return true;
    });
    cloud::each_item(cloud_, "sagemaker", "ListSpaces", request, [&](const Json& space) {
        profiles.push_back({Kind::Space, require_string(space, "SpaceName")});
        return true;
    });
    return profiles;
}

bool Studio::has_app(const std::string& domain_id, const Profile& profile) {
    bool found = false;
    const auto look = [&](const char* member, const std::string& name) {
        cloud::each_item(cloud_, "sagemaker", "ListApps",
                         {{"DomainIdEquals", domain_id}, {member, name}, {"MaxResults", 100}},
                         [&](const Json& app) {
                             const std::string app_status = string_or(app, "Status", "");
                             found = app_status == "InService" || app_status == "Deleted" ||
                                     app_status == "Deleting";
                             return !found;
                         });
    };
    if (profile.kind == Kind::Space) {
        look("SpaceNameEquals", profile.name);
        return found;
    }
    look("UserProfileNameEquals", profile.name);
    if (found) return true;
    // In new Studio a user's apps run in the spaces he owns.
    std::vector<std::string> owned;
    cloud::each_item(cloud_, "sagemaker", "ListSpaces",
                     {{"DomainIdEquals", domain_id}, {"MaxResults", 100}}, [&](const Json& space) {
                         const Json* owner =
                             find_path(space, {"OwnershipSettingsSummary", "OwnerUserProfileName"});
                         if (owner != nullptr && owner->is_string() &&
                             same_profile({Kind::User, owner->get<std::string>()}, profile))
                             owned.push_back(require_string(space, "SpaceName"));
                         return true;
                     });
    for (const std::string& space : owned) {
        look("SpaceNameEquals", space);
        if (found) return true;
    }
    return false;
}

}  // namespace lifeboat::recovery
