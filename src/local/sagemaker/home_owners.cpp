#include "local/sagemaker/home_owners.h"

#include "base/json.h"
#include "local/sagemaker/app.h"
#include "local/sagemaker/errors.h"
#include "local/sagemaker/listing.h"
#include "local/sagemaker/tags.h"
#include "local/site.h"

namespace lifeboat::local::sagemaker {

std::string HomeOwners::arn(const HomeOwner& owner) const {
    return studio_.arn(arn_kind(owner.kind), owner.domain_id + "/" + owner.name);
}

Domain HomeOwners::open_domain(Transaction& tx, const Json& request, OwnerKind kind) const {
    Domain domain = require_domain(tx, require_string(request, "DomainId"));
    if (domain.status != "InService" && domain.status != "Updating" &&
        domain.status != "Update_Failed")
        throw in_use("Unable to create " + std::string(type_name(kind)) + " because Domain [" +
                     studio_.arn("domain", domain.id) + "] is in status " + domain.status + ".");
    return domain;
}

HomeOwner HomeOwners::create(Transaction& tx, const Domain& domain, const Json& request,
                             OwnerKind kind, Json settings) {
    const std::string name = require_string(request, name_member(kind));
    if (const auto other = find_owner(tx, kind, domain.id, name))
        throw in_use(std::string(type_name(kind)) + " [" + arn(*other) + "] already exists.");
    const bool is_space = kind == OwnerKind::Space;
    const std::int64_t quota = is_space ? studio_.space_quota : studio_.user_profile_quota;
    if (quota > 0) {
        const std::int64_t current = count_owners(tx, kind, domain.id);
        if (current >= quota)
            throw over_quota(is_space ? "spaces" : "user profiles", quota, current);
    }
    HomeOwner owner;
    owner.kind = kind;
    owner.domain_id = domain.id;
    owner.name = name;
    owner.status = "Pending";
    owner.created = owner.modified = studio_.now();
    if (!domain.file_system_id.empty()) owner.uid = take_uid(tx, domain.id);
    owner.settings = std::make_shared<const Json>(std::move(settings));
    insert_owner(tx, owner);
    add_tags(tx, arn(owner), find(request, "Tags"));
    lifecycle_.moved(tx, owner);
    return owner;
}

HomeOwner HomeOwners::named(Transaction& tx, const Json& request, OwnerKind kind) const {
    return require_owner(tx, kind, require_domain(tx, require_string(request, "DomainId")).id,
                         require_string(request, name_member(kind)));
}

Json HomeOwners::described(const HomeOwner& owner) const {
    Json answer = *owner.settings;
    answer["DomainId"] = owner.domain_id;
    answer[std::string(name_member(owner.kind))] = owner.name;
    answer[owner.kind == OwnerKind::Space ? "SpaceArn" : "UserProfileArn"] = arn(owner);
    answer["Status"] = owner.status;
    answer["CreationTime"] = to_epoch_seconds(owner.created);
    answer["LastModifiedTime"] = to_epoch_seconds(owner.modified);
    if (owner.uid && owner.was_in_service)
        answer["HomeEfsFileSystemUid"] = std::to_string(*owner.uid);
    if (!owner.failure_reason.empty()) answer["FailureReason"] = owner.failure_reason;
    return answer;
}

void HomeOwners::require_updatable(const HomeOwner& owner) const {
    if (owner.status != "InService" && owner.status != "Update_Failed")
        throw in_use("Unable to update " + std::string(type_name(owner.kind)) + " [" + arn(owner) +
                     "] in status " + owner.status + ".");
}

void HomeOwners::update(Transaction& tx, HomeOwner owner, Json settings) {
    owner.settings = std::make_shared<const Json>(std::move(settings));
    owner.status = "Updating";
    owner.modified = studio_.now();
    update_owner(tx, owner);
    lifecycle_.moved(tx, owner);
}

void HomeOwners::remove(Transaction& tx, HomeOwner owner) {
    const std::string what =
        "Unable to delete " + std::string(type_name(owner.kind)) + " [" + arn(owner) + "] ";
    if (owner.status == "Pending" || owner.status == "Updating" || owner.status == "Deleting")
        throw in_use(what + "in status " + owner.status + ".");
    if (count_live_apps(tx, owner) > 0)
        throw in_use(what + "because App(s) are associated with it.");
    owner.status = "Deleting";
    owner.modified = studio_.now();
    update_owner(tx, owner);
    lifecycle_.moved(tx, owner);
}

Json HomeOwners::list(Transaction& tx, const Json& request, OwnerKind kind,
                      const std::function<void(const HomeOwner&, Json&)>& summary) const {
    const bool is_space = kind == OwnerKind::Space;
    Listing listing(is_space ? "ListSpaces" : "ListUserProfiles", request);
    const auto domain_id = find_string(request, "DomainIdEquals");
    std::optional<std::string> part =
        find_string(request, is_space ? "SpaceNameContains" : "UserProfileNameContains");
    if (part) part = name_key(kind, *part);
    const std::string member = is_space ? "Spaces" : "UserProfiles";
    Json answer = {{member, Json::array()}};
    const auto ids =
        listing.page(tx,
                     "FROM sagemaker_home_owner WHERE kind = ?1 AND (?2 IS NULL OR domain_id = ?2)"
                     " AND (?3 IS NULL OR instr(name_key, ?3) > 0)",
                     "id", {arn_kind(kind), domain_id, part});
    for (const std::int64_t id : ids) {
        const HomeOwner owner = *find_owner(tx, id);
        Json item = {{"DomainId", owner.domain_id},
                     {std::string(name_member(kind)), owner.name},
                     {"Status", owner.status},
                     {"CreationTime", to_epoch_seconds(owner.created)},
                     {"LastModifiedTime", to_epoch_seconds(owner.modified)}};
        summary(owner, item);
        answer[member].push_back(std::move(item));
    }
    listing.add_token(answer);
    return answer;
}

}  // namespace lifeboat::local::sagemaker
