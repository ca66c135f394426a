#include "local/sagemaker/domains.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "local/sagemaker/errors.h"
#include "local/sagemaker/home_owner.h"
#include "local/sagemaker/listing.h"
#include "local/sagemaker/settings.h"
#include "local/sagemaker/tags.h"
#include "local/site.h"

namespace lifeboat::local::sagemaker {
namespace {

constexpr std::int64_t kNfsPort = 2049;

std::vector<std::string> subnets_of(const Json& settings) {
    const Json* ids = find(settings, "SubnetIds");
    return ids == nullptr ? std::vector<std::string>() : ids->get<std::vector<std::string>>();
}

std::int64_t count_live_apps_of_domain(Transaction& tx, const std::string& domain_id) {
    return *tx.one(
        "SELECT count(*) FROM sagemaker_app WHERE domain_id = ?1"
        " AND status IN ('Pending', 'InService', 'Deleting')",
        {domain_id}, [](const Row& row) { return row.integer(0); });
}

// AppSecurityGroupManagement is required in this one case (CreateDomain, API reference).
void check_rstudio(const Json& settings) {
    const Json* rstudio = find_path(settings, {"DomainSettings", "RStudioServerProDomainSettings"});
    if (rstudio != nullptr && settings["AppNetworkAccessType"] == "VpcOnly" &&
        !settings.contains("AppSecurityGroupManagement"))
        throw invalid(
            "AppSecurityGroupManagement is required when AppNetworkAccessType is VpcOnly and "
            "RStudioServerProDomainSettings is given.");
}

// DomainSettingsForUpdate names its RStudio member differently.
Json as_domain_settings(const Json& update) {
    Json settings = update;
    if (const Json* rstudio = find(update, "RStudioServerProDomainSettingsForUpdate")) {
        settings["RStudioServerProDomainSettings"] = *rstudio;
        settings.erase("RStudioServerProDomainSettingsForUpdate");
    }
    return settings;
}

}  // namespace

std::vector<Operation> Domains::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller&) {
            return (this->*method)(tx, request);
        };
    };
    return {writes("CreateDomain", bind(&Domains::create)),
            reads("DescribeDomain", bind(&Domains::describe)),
            reads("ListDomains", bind(&Domains::list)),
            writes("UpdateDomain", bind(&Domains::update)),
            writes("DeleteDomain", bind(&Domains::remove))};
}

std::string Domains::url(const Domain& domain) const {
    return "https://" + domain.id + ".studio." + studio_.site.place.region + ".sagemaker.aws";
}

void Domains::settle_network(Transaction& tx, Json& settings) {
    const Ec2Network& network = studio_.network;
    const auto given_vpc = find_string(settings, "VpcId");
    const auto vpc = given_vpc ? network.vpc(tx, *given_vpc) : network.default_vpc(tx);
    if (!vpc)
        throw invalid(given_vpc ? "The vpc ID '" + *given_vpc + "' does not exist"
                                : "There is no default VPC: VpcId is required.");
    settings["VpcId"] = vpc->id;
    if (!settings.contains("SubnetIds")) {
        for (const Subnet& subnet : network.subnets(tx))
            if (subnet.vpc_id == vpc->id) settings["SubnetIds"].push_back(subnet.id);
    }
    std::set<std::string> seen;
    for (const std::string& id : subnets_of(settings)) {
        const auto subnet = network.subnet(tx, id);
        if (!subnet) throw invalid("The subnet ID '" + id + "' does not exist");
        if (subnet->vpc_id != vpc->id)
            throw invalid("The subnet '" + id + "' is not in the VPC '" + vpc->id + "'.");
        if (!seen.insert(id).second) throw invalid("The subnet '" + id + "' is given twice.");
    }
}

Json Domains::create(Transaction& tx, const Json& request) {
    if (studio_.domain_quota > 0 && count_domains(tx) >= studio_.domain_quota)
        throw over_quota("domains", studio_.domain_quota, count_domains(tx));
    Json settings =
        picked(request, {"AuthMode", "DefaultUserSettings", "DomainSettings", "SubnetIds", "VpcId",
                         "AppNetworkAccessType", "KmsKeyId", "HomeEfsFileSystemKmsKeyId",
                         "AppSecurityGroupManagement", "HomeEfsFileSystemCreation",
                         "TagPropagation", "DefaultSpaceSettings"});
    settings.emplace("AppNetworkAccessType", "PublicInternetOnly");
    settings.emplace("HomeEfsFileSystemCreation", "Enabled");
    settings.emplace("TagPropagation", "DISABLED");
    // The one is the other's older name.
    if (const auto key = find_string(settings, "KmsKeyId"))
        settings.emplace("HomeEfsFileSystemKmsKeyId", *key);
    else if (const auto old_key = find_string(settings, "HomeEfsFileSystemKmsKeyId"))
        settings["KmsKeyId"] = *old_key;
    check_rstudio(settings);
    settle_network(tx, settings);

    Domain domain;
    do
        domain.id = "d-" + new_alphanumeric(studio_.site.random, 12);
    while (find_domain(tx, domain.id));
    domain.name = require_string(request, "DomainName");
    domain.status = "Pending";
    domain.created = domain.modified = studio_.now();
    if (settings["HomeEfsFileSystemCreation"] == "Enabled") make_file_system(tx, domain, settings);
    domain.settings = std::make_shared<const Json>(std::move(settings));
    insert_domain(tx, domain);
    const std::string arn = studio_.arn("domain", domain.id);
    add_tags(tx, arn, find(request, "Tags"));
    lifecycle_.moved(tx, domain);
    return Json{{"DomainArn", arn}, {"DomainId", domain.id}, {"Url", url(domain)}};
}

void Domains::make_file_system(Transaction& tx, Domain& domain, const Json& settings) {
    const Ec2Network& network = studio_.network;
    const std::string vpc_id = settings["VpcId"];
    const std::string inbound = network.create_group(
        tx, {"", vpc_id, "security-group-for-inbound-nfs-" + domain.id,
             "Allows NFS from Studio domain " + domain.id + " to its file system"});
    const std::string outbound = network.create_group(
        tx, {"", vpc_id, "security-group-for-outbound-nfs-" + domain.id,
             "Allows NFS from Studio domain " + domain.id + " to its file system"});
    SecurityGroupRule nfs;
    nfs.from_port = nfs.to_port = kNfsPort;
    nfs.peer_account = studio_.site.place.account;
    nfs.group_id = inbound;
    nfs.peer = outbound;
    network.add_rule(tx, nfs);
    nfs.direction = Direction::Egress;
    nfs.group_id = outbound;
    nfs.peer = inbound;
    network.add_rule(tx, nfs);

    NewFileSystem wanted;
    wanted.creation_token = domain.id;
    domain.file_system_id = studio_.efs.create_file_system(tx, wanted);
    domain.boundary_group = inbound;
    tx.run("INSERT INTO efs_tag (resource, key, value) VALUES (?1, ?2, ?3)",
           {domain.file_system_id, "ManagedByAmazonSageMakerResource",
            studio_.arn("domain", domain.id)});
    mount(tx, domain, settings);
}

// A mount target in every zone of the domain's subnets, and none elsewhere.
void Domains::mount(Transaction& tx, const Domain& domain, const Json& settings) {
    const std::vector<std::string> wanted = subnets_of(settings);
    std::set<std::string> zones;
    for (const MountTarget& target : studio_.efs.mount_targets(tx, domain.file_system_id)) {
        const auto subnet = studio_.network.subnet(tx, target.subnet_id);
        if (std::find(wanted.begin(), wanted.end(), target.subnet_id) == wanted.end())
            studio_.efs.delete_mount_target(tx, target.id);
        else if (subnet)
            zones.insert(subnet->zone);
    }
    for (const std::string& id : wanted) {
        const auto subnet = studio_.network.subnet(tx, id);
        if (subnet && zones.insert(subnet->zone).second)
            studio_.efs.create_mount_target(tx, domain.file_system_id, *subnet,
                                            {domain.boundary_group});
    }
}

Json Domains::overview(const Domain& domain) {
    return Json{{"DomainArn", studio_.arn("domain", domain.id)},
                {"DomainId", domain.id},
                {"DomainName", domain.name},
                {"Status", domain.status},
                {"CreationTime", to_epoch_seconds(domain.created)},
                {"LastModifiedTime", to_epoch_seconds(domain.modified)},
                {"Url", url(domain)}};
}

Json Domains::describe(Transaction& tx, const Json& request) {
    const Domain domain = require_domain(tx, require_string(request, "DomainId"));
    Json answer = overlaid(*domain.settings, overview(domain));
    if (!domain.failure_reason.empty()) answer["FailureReason"] = domain.failure_reason;
    if (!domain.file_system_id.empty()) {
        answer["HomeEfsFileSystemId"] = domain.file_system_id;
        answer["SecurityGroupIdForDomainBoundary"] = domain.boundary_group;
    }
    return answer;
}

Json Domains::list(Transaction& tx, const Json& request) {
    Listing listing("ListDomains", request);
    Json answer = {{"Domains", Json::array()}};
    for (const std::int64_t number :
         listing.page(tx, "FROM sagemaker_domain WHERE 1", "number", {}))
        answer["Domains"].push_back(overview(
            require_domain(tx, *tx.one("SELECT id FROM sagemaker_domain WHERE number = ?1",
                                       {number}, [](const Row& row) { return row.string(0); }))));
    listing.add_token(answer);
    return answer;
}

Json Domains::update(Transaction& tx, const Json& request) {
    Domain domain = require_domain(tx, require_string(request, "DomainId"));
    const std::string arn = studio_.arn("domain", domain.id);
    if (domain.status != "InService" && domain.status != "Update_Failed")
        throw in_use("Unable to update Domain [" + arn + "] in status " + domain.status + ".");
    const Json& old = *domain.settings;
    Json settings = overlaid(
        old, picked(request, {"AppSecurityGroupManagement", "SubnetIds", "AppNetworkAccessType",
                              "TagPropagation", "HomeEfsFileSystemCreation", "VpcId"}));
    for (const char* member : {"DefaultUserSettings", "DefaultSpaceSettings"})
        if (const Json* update = find(request, member))
            settings[member] = overlaid(settings[member], *update);
    if (const Json* update = find(request, "DomainSettingsForUpdate"))
        settings["DomainSettings"] =
            overlaid(settings["DomainSettings"], as_domain_settings(*update));
    if (settings["VpcId"] != old["VpcId"])
        throw invalid("VpcId cannot be changed for a domain that has a VPC.");
    if (settings["HomeEfsFileSystemCreation"] == "Disabled" &&
        old["HomeEfsFileSystemCreation"] == "Enabled")
        throw invalid("HomeEfsFileSystemCreation cannot be changed from Enabled to Disabled.");
    const std::vector<std::string> subnets = subnets_of(settings);
    const std::vector<std::string> old_subnets = subnets_of(old);
    const bool loses_subnets =
        !std::all_of(old_subnets.begin(), old_subnets.end(), [&](const std::string& id) {
            return std::find(subnets.begin(), subnets.end(), id) != subnets.end();
        });
    if ((loses_subnets || settings["AppNetworkAccessType"] != old["AppNetworkAccessType"]) &&
        count_live_apps_of_domain(tx, domain.id) > 0)
        throw in_use("Unable to update the network of Domain [" + arn +
                     "] because App(s) are associated with it.");
    check_rstudio(settings);
    settle_network(tx, settings);

    const bool is_new_file_system =
        domain.file_system_id.empty() && settings["HomeEfsFileSystemCreation"] == "Enabled";
    if (is_new_file_system)
        make_file_system(tx, domain, settings);
    else if (!domain.file_system_id.empty() && subnets != old_subnets)
        mount(tx, domain, settings);
    domain.settings = std::make_shared<const Json>(std::move(settings));
    domain.status = "Updating";
    domain.modified = studio_.now();
    update_domain(tx, domain);
    if (is_new_file_system) give_uids(tx, domain);
    lifecycle_.moved(tx, domain);
    return Json{{"DomainArn", arn}};
}

// The file system came after its users.
void Domains::give_uids(Transaction& tx, const Domain& domain) {
    for (const std::int64_t id : owners_without_uid(tx, domain.id)) {
        HomeOwner owner = *find_owner(tx, id);
        owner.uid = take_uid(tx, domain.id);
        update_owner(tx, owner);
        studio_.efs.request_directory(tx, domain.file_system_id, std::to_string(*owner.uid),
                                      EfsRegistry::home_owner(*owner.uid),
                                      studio_.now() + studio_.home_delay);
    }
}

Json Domains::remove(Transaction& tx, const Json& request) {
    Domain domain = require_domain(tx, require_string(request, "DomainId"));
    const std::string arn = studio_.arn("domain", domain.id);
    if (domain.status == "Pending" || domain.status == "Updating" || domain.status == "Deleting")
        throw in_use("Unable to delete Domain [" + arn + "] in status " + domain.status + ".");
    for (const OwnerKind kind : {OwnerKind::UserProfile, OwnerKind::Space})
        if (count_owners(tx, kind, domain.id) > 0)
            throw in_use("Unable to delete Domain [" + arn + "] because " +
                         std::string(type_name(kind)) + "(s) are associated with it.");
    const Json* policy = find_path(request, {"RetentionPolicy", "HomeEfsFileSystem"});
    if (policy != nullptr && *policy == "Delete") domain.retention = HomeRetention::Delete;
    domain.status = "Deleting";
    domain.modified = studio_.now();
    update_domain(tx, domain);
    lifecycle_.moved(tx, domain);
    return Json::object();
}

}  // namespace lifeboat::local::sagemaker
