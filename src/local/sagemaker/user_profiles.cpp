#include "local/sagemaker/user_profiles.h"

#include "base/json.h"
#include "local/database.h"
#include "local/sagemaker/errors.h"
#include "local/sagemaker/settings.h"

namespace lifeboat::local::sagemaker {
namespace {

void check_sign_on(const Domain& domain, const Json& request) {
    const bool is_sso = string_or(*domain.settings, "AuthMode", "IAM") == "SSO";
    for (const char* member : {"SingleSignOnUserIdentifier", "SingleSignOnUserValue"}) {
        if (is_sso && find(request, member) == nullptr)
            throw invalid(std::string(member) + " is required when the domain's AuthMode is SSO.");
        if (!is_sso && find(request, member) != nullptr)
            throw invalid(std::string(member) +
                          " cannot be specified when the domain's AuthMode is IAM.");
    }
}

// Spaces this profile owns, which must go first.
bool owns_spaces(Transaction& tx, const HomeOwner& profile) {
    return tx
        .one(
            "SELECT 1 FROM sagemaker_home_owner WHERE kind = 'space' AND domain_id = ?1 AND"
            " lower(json_extract(settings, '$.OwnershipSettings.OwnerUserProfileName')) = ?2",
            {profile.domain_id, name_key(profile.kind, profile.name)},
            [](const Row&) { return true; })
        .has_value();
}

}  // namespace

std::vector<Operation> UserProfiles::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller&) {
            return (this->*method)(tx, request);
        };
    };
    return {writes("CreateUserProfile", bind(&UserProfiles::create)),
            reads("DescribeUserProfile", bind(&UserProfiles::describe)),
            reads("ListUserProfiles", bind(&UserProfiles::list)),
            writes("UpdateUserProfile", bind(&UserProfiles::update)),
            writes("DeleteUserProfile", bind(&UserProfiles::remove))};
}

Json UserProfiles::create(Transaction& tx, const Json& request) {
    const Domain domain = owners_.open_domain(tx, request, OwnerKind::UserProfile);
    check_sign_on(domain, request);
    Json settings =
        picked(request, {"SingleSignOnUserIdentifier", "SingleSignOnUserValue", "UserSettings"});
    const HomeOwner profile =
        owners_.create(tx, domain, request, OwnerKind::UserProfile, std::move(settings));
    return Json{{"UserProfileArn", owners_.arn(profile)}};
}

Json UserProfiles::describe(Transaction& tx, const Json& request) {
    return owners_.described(owners_.named(tx, request, OwnerKind::UserProfile));
}

Json UserProfiles::list(Transaction& tx, const Json& request) {
    return owners_.list(tx, request, OwnerKind::UserProfile, [](const HomeOwner&, Json&) {});
}

Json UserProfiles::update(Transaction& tx, const Json& request) {
    HomeOwner profile = owners_.named(tx, request, OwnerKind::UserProfile);
    owners_.require_updatable(profile);
    Json settings = *profile.settings;
    if (const Json* update = find(request, "UserSettings"))
        settings["UserSettings"] = overlaid(settings["UserSettings"], *update);
    const std::string arn = owners_.arn(profile);
    owners_.update(tx, std::move(profile), std::move(settings));
    return Json{{"UserProfileArn", arn}};
}

Json UserProfiles::remove(Transaction& tx, const Json& request) {
    HomeOwner profile = owners_.named(tx, request, OwnerKind::UserProfile);
    if (owns_spaces(tx, profile))
        throw in_use("Unable to delete UserProfile [" + owners_.arn(profile) +
                     "] because it owns Space(s).");
    owners_.remove(tx, std::move(profile));
    return Json::object();
}

}  // namespace lifeboat::local::sagemaker
