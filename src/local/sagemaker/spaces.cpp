#include "local/sagemaker/spaces.h"

#include "base/json.h"
#include "local/database.h"
#include "local/sagemaker/errors.h"
#include "local/sagemaker/settings.h"
#include "local/site.h"

namespace lifeboat::local::sagemaker {
namespace {

constexpr std::int64_t kDefaultVolumeGb = 5;  // of JupyterLab and Code Editor spaces

// A space of the newer kind has a volume; its size follows from the space, the domain, the default.
void add_default_storage(Json& settings, const Json& domain_settings) {
    const Json* type = find_path(settings, {"SpaceSettings", "AppType"});
    if (type == nullptr || (*type != "JupyterLab" && *type != "CodeEditor")) return;
    if (find_path(settings, {"SpaceSettings", "SpaceStorageSettings", "EbsStorageSettings"}))
        return;
    const Json* size = nullptr;
    for (const char* defaults : {"DefaultSpaceSettings", "DefaultUserSettings"})
        if (size == nullptr)
            size = find_path(domain_settings,
                             {defaults, "SpaceStorageSettings", "DefaultEbsStorageSettings",
                              "DefaultEbsVolumeSizeInGb"});
    settings["SpaceSettings"]["SpaceStorageSettings"]["EbsStorageSettings"]["EbsVolumeSizeInGb"] =
        size != nullptr ? *size : Json(kDefaultVolumeGb);
}

void copy_path(const Json& from, std::initializer_list<std::string_view> path, Json& to,
               const std::string& name) {
    if (const Json* value = find_path(from, path)) to[name] = *value;
}

}  // namespace

std::vector<Operation> Spaces::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller&) {
            return (this->*method)(tx, request);
        };
    };
    return {writes("CreateSpace", bind(&Spaces::create)),
            reads("DescribeSpace", bind(&Spaces::describe)),
            reads("ListSpaces", bind(&Spaces::list)), writes("UpdateSpace", bind(&Spaces::update)),
            writes("DeleteSpace", bind(&Spaces::remove))};
}

Json Spaces::create(Transaction& tx, const Json& request) {
    const Domain domain = owners_.open_domain(tx, request, OwnerKind::Space);
    Json settings = picked(request, {"SpaceSettings", "OwnershipSettings", "SpaceSharingSettings",
                                     "SpaceDisplayName"});
    if (settings.contains("OwnershipSettings") != settings.contains("SpaceSharingSettings"))
        throw invalid("OwnershipSettings and SpaceSharingSettings must be specified together.");
    if (const Json* owner = find_path(settings, {"OwnershipSettings", "OwnerUserProfileName"})) {
        const auto profile =
            find_owner(tx, OwnerKind::UserProfile, domain.id, owner->get<std::string>());
        if (!profile) throw not_found("UserProfile", domain.id + "/" + owner->get<std::string>());
        if (profile->status == "Deleting")
            throw in_use("Unable to create Space because UserProfile [" + owners_.arn(*profile) +
                         "] is in status Deleting.");
    }
    add_default_storage(settings, *domain.settings);
    const HomeOwner space =
        owners_.create(tx, domain, request, OwnerKind::Space, std::move(settings));
    return Json{{"SpaceArn", owners_.arn(space)}};
}

Json Spaces::describe(Transaction& tx, const Json& request) {
    const HomeOwner space = owners_.named(tx, request, OwnerKind::Space);
    Json answer = owners_.described(space);
    answer["Url"] = "https://" + space.domain_id + ".studio." + studio_.site.place.region +
                    ".sagemaker.aws/spaces/" + space.name;
    return answer;
}

Json Spaces::list(Transaction& tx, const Json& request) {
    return owners_.list(tx, request, OwnerKind::Space, [](const HomeOwner& space, Json& item) {
        const Json& settings = *space.settings;
        copy_path(settings, {"SpaceDisplayName"}, item, "SpaceDisplayName");
        Json summary = Json::object();
        for (const char* member : {"AppType", "RemoteAccess", "SpaceStorageSettings"})
            copy_path(settings, {"SpaceSettings", member}, summary, member);
        if (!summary.empty()) item["SpaceSettingsSummary"] = std::move(summary);
        if (const Json* type = find_path(settings, {"SpaceSharingSettings", "SharingType"}))
            item["SpaceSharingSettingsSummary"] = {{"SharingType", *type}};
        if (const Json* owner = find_path(settings, {"OwnershipSettings", "OwnerUserProfileName"}))
            item["OwnershipSettingsSummary"] = {{"OwnerUserProfileName", *owner}};
    });
}

Json Spaces::update(Transaction& tx, const Json& request) {
    HomeOwner space = owners_.named(tx, request, OwnerKind::Space);
    owners_.require_updatable(space);
    Json settings = overlaid(*space.settings, picked(request, {"SpaceDisplayName"}));
    if (const Json* update = find(request, "SpaceSettings"))
        settings["SpaceSettings"] = overlaid(settings["SpaceSettings"], *update);
    const std::string arn = owners_.arn(space);
    owners_.update(tx, std::move(space), std::move(settings));
    return Json{{"SpaceArn", arn}};
}

Json Spaces::remove(Transaction& tx, const Json& request) {
    owners_.remove(tx, owners_.named(tx, request, OwnerKind::Space));
    return Json::object();
}

}  // namespace lifeboat::local::sagemaker
