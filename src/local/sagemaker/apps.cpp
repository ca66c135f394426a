#include "local/sagemaker/apps.h"

#include "base/json.h"
#include "local/sagemaker/domain.h"
#include "local/sagemaker/errors.h"
#include "local/sagemaker/listing.h"
#include "local/sagemaker/settings.h"
#include "local/sagemaker/tags.h"
#include "local/site.h"

namespace lifeboat::local::sagemaker {
namespace {

// Which app a request means, not looked up yet.
App key_of(const Json& request) {
    const auto profile = find_string(request, "UserProfileName");
    const auto space = find_string(request, "SpaceName");
    if (profile.has_value() == space.has_value())
        throw invalid("Exactly one of UserProfileName and SpaceName must be specified.");
    App app;
    app.domain_id = require_string(request, "DomainId");
    app.owner_kind = space ? OwnerKind::Space : OwnerKind::UserProfile;
    app.owner_name = space ? *space : *profile;
    app.type = require_string(request, "AppType");
    app.name = require_string(request, "AppName");
    return app;
}

// Space settings of a type of app hold its default resources ("JupyterLabAppSettings").
Json default_resources(const App& app, const HomeOwner& owner, const Domain& domain) {
    const std::string section = app.type + "AppSettings";
    const Json* found = find_path(
        *owner.settings, {owner.kind == OwnerKind::Space ? "SpaceSettings" : "UserSettings",
                          section, "DefaultResourceSpec"});
    if (found == nullptr)
        found = find_path(*domain.settings, {owner.kind == OwnerKind::Space ? "DefaultSpaceSettings"
                                                                            : "DefaultUserSettings",
                                             section, "DefaultResourceSpec"});
    Json spec = found != nullptr ? *found : Json::object();
    spec.emplace("InstanceType", app.type == "JupyterServer" ? "system" : "ml.t3.medium");
    return spec;
}

void check_type(const App& app, const HomeOwner& owner) {
    const Json* type = find_path(*owner.settings, {"SpaceSettings", "AppType"});
    if (owner.kind == OwnerKind::Space && type != nullptr && *type != app.type)
        throw invalid("The space '" + owner.name + "' is for apps of type " +
                      type->get<std::string>() + ", not " + app.type + ".");
}

}  // namespace

std::vector<Operation> Apps::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller&) {
            return (this->*method)(tx, request);
        };
    };
    return {writes("CreateApp", bind(&Apps::create)), reads("DescribeApp", bind(&Apps::describe)),
            reads("ListApps", bind(&Apps::list)), writes("DeleteApp", bind(&Apps::remove))};
}

std::string Apps::arn(const App& app) const {
    return studio_.arn("app", app.arn_path());
}

App Apps::named(Transaction& tx, const Json& request) const {
    const App key = key_of(request);
    auto app = find_app(tx, key);
    if (!app) throw not_found("App", key.arn_path());
    return *std::move(app);
}

Json Apps::create(Transaction& tx, const Json& request) {
    App app = key_of(request);
    const Domain domain = require_domain(tx, app.domain_id);
    const HomeOwner owner = require_owner(tx, app.owner_kind, app.domain_id, app.owner_name);
    app.owner_name = owner.name;
    if (owner.status != "InService" && owner.status != "Updating" &&
        owner.status != "Update_Failed")
        throw in_use("Unable to create App because " + std::string(type_name(owner.kind)) + " [" +
                     owner.name + "] is in status " + owner.status + ".");
    check_type(app, owner);
    if (const auto other = find_app(tx, app); other && other->status != "Deleted")
        throw in_use("App [" + arn(*other) + "] already exists.");
    Json settings = picked(request, {"RecoveryMode", "ResourceSpec"});
    settings["ResourceSpec"] =
        overlaid(default_resources(app, owner, domain),
                 settings.contains("ResourceSpec") ? settings["ResourceSpec"] : Json::object());
    app.settings = std::make_shared<const Json>(std::move(settings));
    app.status = "Pending";
    app.created = studio_.now();
    insert_app(tx, app);
    add_tags(tx, arn(app), find(request, "Tags"));
    lifecycle_.want_home(tx, owner);
    lifecycle_.moved(tx, app);
    return Json{{"AppArn", arn(app)}};
}

Json Apps::describe(Transaction& tx, const Json& request) {
    const App app = named(tx, request);
    Json answer = *app.settings;
    answer["AppArn"] = arn(app);
    answer["AppType"] = app.type;
    answer["AppName"] = app.name;
    answer["DomainId"] = app.domain_id;
    answer[std::string(name_member(app.owner_kind))] = app.owner_name;
    answer["Status"] = app.status;
    answer["CreationTime"] = to_epoch_seconds(app.created);
    if (!app.failure_reason.empty()) answer["FailureReason"] = app.failure_reason;
    return answer;
}

Json Apps::list(Transaction& tx, const Json& request) {
    const auto profile = find_string(request, "UserProfileNameEquals");
    const auto space = find_string(request, "SpaceNameEquals");
    if (profile && space)
        throw invalid("UserProfileNameEquals and SpaceNameEquals cannot both be specified.");
    std::optional<std::string_view> kind;
    std::optional<std::string> key;
    if (profile || space) {
        const OwnerKind wanted = space ? OwnerKind::Space : OwnerKind::UserProfile;
        kind = arn_kind(wanted);
        key = name_key(wanted, space ? *space : *profile);
    }
    Listing listing("ListApps", request);
    const auto domain_id = find_string(request, "DomainIdEquals");
    const auto ids =
        listing.page(tx,
                     "FROM sagemaker_app WHERE (?1 IS NULL OR domain_id = ?1)"
                     " AND (?2 IS NULL OR owner_kind = ?2) AND (?3 IS NULL OR owner_key = ?3)",
                     "id", {domain_id, kind, key});
    Json answer = {{"Apps", Json::array()}};
    for (const std::int64_t id : ids) {
        const App app = *find_app(tx, id);
        Json item = {
            {"DomainId", app.domain_id}, {std::string(name_member(app.owner_kind)), app.owner_name},
            {"AppType", app.type},       {"AppName", app.name},
            {"Status", app.status},      {"CreationTime", to_epoch_seconds(app.created)}};
        item["ResourceSpec"] = (*app.settings)["ResourceSpec"];
        answer["Apps"].push_back(std::move(item));
    }
    listing.add_token(answer);
    return answer;
}

Json Apps::remove(Transaction& tx, const Json& request) {
    App app = named(tx, request);
    if (app.status == "Deleted") throw not_found("App", app.arn_path());
    if (app.status == "Deleting")
        throw in_use("Unable to delete App [" + arn(app) + "] in status Deleting.");
    app.status = "Deleting";
    update_app(tx, app);
    lifecycle_.moved(tx, app);
    return Json::object();
}

}  // namespace lifeboat::local::sagemaker
