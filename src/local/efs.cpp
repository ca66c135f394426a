#include "local/efs.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "local/efs_access_points.h"
#include "local/efs_directories.h"
#include "local/efs_registry.h"
#include "local/efs_resource.h"
#include "local/page_token.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

constexpr std::int64_t kPageSize = 100;  // EFS: "automatically set to 100"

Error bad_request(const std::string& message) {
    return Error(ErrorCategory::InvalidInput, "BadRequest", message);
}

std::vector<std::string> strings_of(const Json* list) {
    return list == nullptr ? std::vector<std::string>() : list->get<std::vector<std::string>>();
}

class EfsService final : public Service {
  public:
    explicit EfsService(Site& site)
        : site_(site),
          registry_(site),
          network_(site),
          directories_(site, registry_),
          access_points_(site, registry_) {}

    std::string_view name() const override { return "efs"; }
    std::vector<std::string> schema() const override { return EfsRegistry::schema(); }
    void prepare() override { directories_.prepare(); }
    std::vector<Operation> operations() override;

  private:
    Json create_file_system(Transaction& tx, const Json& request);
    Json describe_file_systems(Transaction& tx, const Json& request);
    Json update_file_system(Transaction& tx, const Json& request);
    Json delete_file_system(Transaction& tx, const Json& request);
    Json create_mount_target(Transaction& tx, const Json& request);
    Json describe_mount_targets(Transaction& tx, const Json& request);
    Json delete_mount_target(Transaction& tx, const Json& request);
    Json mount_target_groups(Transaction& tx, const Json& request);
    Json modify_mount_target_groups(Transaction& tx, const Json& request);
    Json tag(Transaction& tx, const Json& request);
    Json untag(Transaction& tx, const Json& request);
    Json list_tags(Transaction& tx, const Json& request);

    FileSystem file_system(Transaction& tx, const Json& request);
    MountTarget mount_target(Transaction& tx, const std::string& id);
    std::vector<std::string> checked_groups(Transaction& tx, const Json& request,
                                            const std::string& vpc_id);
    std::string zone_id_of(Transaction& tx, const std::string& zone);
    void check_throughput(const std::string& mode, bool is_provisioned);
    Json described(Transaction& tx, const FileSystem& found);
    Json described(Transaction& tx, const MountTarget& found);
    std::string taggable(Transaction& tx, const Json& request);

    Site& site_;
    EfsRegistry registry_;
    Ec2Network network_;
    EfsDirectories directories_;
    EfsAccessPoints access_points_;
};

std::vector<Operation> EfsService::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller&) {
            return (this->*method)(tx, request);
        };
    };
    std::vector<Operation> all = {
        writes("CreateFileSystem", bind(&EfsService::create_file_system)),
        reads("DescribeFileSystems", bind(&EfsService::describe_file_systems)),
        writes("UpdateFileSystem", bind(&EfsService::update_file_system)),
        writes("DeleteFileSystem", bind(&EfsService::delete_file_system)),
        writes("CreateMountTarget", bind(&EfsService::create_mount_target)),
        reads("DescribeMountTargets", bind(&EfsService::describe_mount_targets)),
        writes("DeleteMountTarget", bind(&EfsService::delete_mount_target)),
        reads("DescribeMountTargetSecurityGroups", bind(&EfsService::mount_target_groups)),
        writes("ModifyMountTargetSecurityGroups", bind(&EfsService::modify_mount_target_groups)),
        writes("TagResource", bind(&EfsService::tag)),
        writes("UntagResource", bind(&EfsService::untag)),
        reads("ListTagsForResource", bind(&EfsService::list_tags)),
    };
    for (Operation& operation : access_points_.operations())
        all.push_back(std::move(operation));
    return all;
}

FileSystem EfsService::file_system(Transaction& tx, const Json& request) {
    const std::string id = efs_resource_id(require_string(request, "FileSystemId"));
    auto found = registry_.file_system(tx, id);
    if (!found) throw file_system_not_found(id);
    return *std::move(found);
}

MountTarget EfsService::mount_target(Transaction& tx, const std::string& id) {
    auto found = registry_.mount_target(tx, id);
    if (!found)
        throw Error(ErrorCategory::NotFound, "MountTargetNotFound",
                    "Mount target '" + id + "' does not exist.");
    return *std::move(found);
}

std::string EfsService::zone_id_of(Transaction& tx, const std::string& zone) {
    for (const Subnet& subnet : network_.subnets(tx))
        if (subnet.zone == zone) return subnet.zone_id;
    return "";
}

void EfsService::check_throughput(const std::string& mode, bool is_provisioned) {
    if (mode == "provisioned" && !is_provisioned)
        throw bad_request(
            "ProvisionedThroughputInMibps is required when ThroughputMode is provisioned.");
    if (mode != "provisioned" && is_provisioned)
        throw bad_request(
            "ProvisionedThroughputInMibps can only be set when ThroughputMode is provisioned.");
}

Json EfsService::create_file_system(Transaction& tx, const Json& request) {
    NewFileSystem wanted;
    wanted.creation_token = require_string(request, "CreationToken");
    wanted.performance_mode = string_or(request, "PerformanceMode", wanted.performance_mode);
    wanted.throughput_mode = string_or(request, "ThroughputMode", wanted.throughput_mode);
    wanted.zone = string_or(request, "AvailabilityZoneName", "");
    if (const Json* rate = find(request, "ProvisionedThroughputInMibps"))
        wanted.provisioned_mibps = rate->get<double>();
    check_throughput(wanted.throughput_mode, wanted.provisioned_mibps.has_value());
    if (bool_or(request, "Encrypted", false) || find(request, "KmsKeyId") != nullptr)
        throw bad_request(
            "The local cloud does not encrypt file systems itself: encrypt the disk that holds its "
            "data directory, and leave out Encrypted and KmsKeyId.");
    if (bool_or(request, "Backup", false))
        throw bad_request("The local cloud offers no automatic backups: leave out Backup.");
    if (!wanted.zone.empty()) {
        if (zone_id_of(tx, wanted.zone).empty())
            throw Error(ErrorCategory::InvalidInput, "UnsupportedAvailabilityZone",
                        "the availability zone '" + wanted.zone + "' does not exist here");
        if (wanted.performance_mode == "maxIO")
            throw bad_request("One Zone file systems support the generalPurpose mode only.");
    }
    const auto same = tx.one("SELECT id FROM efs_file_system WHERE creation_token = ?1",
                             {wanted.creation_token}, [](const Row& row) { return row.string(0); });
    if (same)
        throw Error(ErrorCategory::AlreadyExists, "FileSystemAlreadyExists",
                    "File system '" + *same + "' already exists with creation token '" +
                        wanted.creation_token + "'",
                    Json{{"FileSystemId", *same}});
    const std::string id = registry_.create_file_system(tx, wanted);
    if (const Json* tags = find(request, "Tags")) set_efs_tags(tx, id, *tags);
    return described(tx, *registry_.file_system(tx, id));
}

Json EfsService::described(Transaction& tx, const FileSystem& found) {
    const Json tags = efs_tags(tx, found.id);
    Json size = {{"Value", found.size}, {"ValueInIA", 0}, {"ValueInStandard", found.size}};
    if (found.measured) size["Timestamp"] = to_epoch_seconds(*found.measured);
    Json answer = {
        {"OwnerId", site_.place.account},
        {"CreationToken", found.creation_token},
        {"FileSystemId", found.id},
        {"FileSystemArn", efs_arn(site_.place, "file-system", found.id)},
        {"CreationTime", to_epoch_seconds(found.created)},
        {"LifeCycleState", "available"},
        {"NumberOfMountTargets", registry_.mount_targets(tx, found.id).size()},
        {"SizeInBytes", std::move(size)},
        {"PerformanceMode", found.performance_mode},
        {"Encrypted", false},
        {"ThroughputMode", found.throughput_mode},
        {"Tags", tags},
        {"FileSystemProtection", {{"ReplicationOverwriteProtection", "ENABLED"}}},
    };
    for (const Json& tag : tags)
        if (tag["Key"] == "Name") answer["Name"] = tag["Value"];
    if (found.provisioned_mibps) answer["ProvisionedThroughputInMibps"] = *found.provisioned_mibps;
    if (!found.zone.empty()) {
        answer["AvailabilityZoneName"] = found.zone;
        answer["AvailabilityZoneId"] = zone_id_of(tx, found.zone);
    }
    return answer;
}

Json EfsService::describe_file_systems(Transaction& tx, const Json& request) {
    if (find(request, "FileSystemId") != nullptr && find(request, "CreationToken") != nullptr)
        throw bad_request("Only one of FileSystemId and CreationToken may be given.");
    if (find(request, "FileSystemId") != nullptr)
        return Json{{"FileSystems", Json::array({described(tx, file_system(tx, request))})}};
    const std::string scope = listing_scope("DescribeFileSystems", request, {"Marker", "MaxItems"});
    const std::int64_t limit = std::min(integer_or(request, "MaxItems", kPageSize), kPageSize);
    std::string after;
    Json answer = {{"FileSystems", Json::array()}};
    if (const auto marker = find_string(request, "Marker")) {
        const auto position = page_position(scope, *marker);
        if (!position) throw bad_request("The Marker is not one that this listing answered.");
        after = *position;
        answer["Marker"] = *marker;
    }
    // Newest first is not promised by EFS; the order of creation is stable. The position is
    // "<created>.<id>"; ids are of one length, so text order is the order of both.
    std::int64_t after_created = 0;
    std::string after_id;
    if (!after.empty()) {
        const auto dot = after.find('.');
        after_created = std::atoll(after.c_str());
        after_id = dot == std::string::npos ? "" : after.substr(dot + 1);
    }
    std::vector<std::string> ids;
    std::vector<std::string> positions;
    tx.each(
        "SELECT id, created FROM efs_file_system WHERE (?1 IS NULL OR creation_token = ?1)"
        " AND (created, id) > (?2, ?3) ORDER BY created, id LIMIT ?4",
        {find_string(request, "CreationToken"), after_created, after_id, limit + 1},
        [&](const Row& row) {
            ids.push_back(row.string(0));
            positions.push_back(std::to_string(row.integer(1)) + "." + ids.back());
            return true;
        });
    if (ids.size() > static_cast<std::size_t>(limit)) {
        ids.pop_back();
        answer["NextMarker"] = page_token(scope, positions[ids.size() - 1]);
    }
    for (const std::string& id : ids)
        answer["FileSystems"].push_back(described(tx, *registry_.file_system(tx, id)));
    return answer;
}

Json EfsService::update_file_system(Transaction& tx, const Json& request) {
    const FileSystem found = file_system(tx, request);
    const std::string mode = string_or(request, "ThroughputMode", found.throughput_mode);
    std::optional<double> rate;
    if (const Json* given = find(request, "ProvisionedThroughputInMibps"))
        rate = given->get<double>();
    else if (mode == "provisioned")
        rate = found.provisioned_mibps;
    check_throughput(mode, rate.has_value());
    tx.run("UPDATE efs_file_system SET throughput_mode = ?2, provisioned = ?3 WHERE id = ?1",
           {found.id, mode, rate});
    return described(tx, *registry_.file_system(tx, found.id));
}

Json EfsService::delete_file_system(Transaction& tx, const Json& request) {
    const FileSystem found = file_system(tx, request);
    if (!registry_.mount_targets(tx, found.id).empty())
        throw Error(ErrorCategory::InvalidInput, "FileSystemInUse",
                    "File system '" + found.id + "' has mount targets: delete them first.");
    registry_.delete_file_system(tx, found.id);
    return Json::object();
}

std::vector<std::string> EfsService::checked_groups(Transaction& tx, const Json& request,
                                                    const std::string& vpc_id) {
    std::vector<std::string> groups = strings_of(find(request, "SecurityGroups"));
    std::set<std::string> seen;
    for (const std::string& id : groups) {
        const auto group = network_.group(tx, id);
        if (!group || group->vpc_id != vpc_id)
            throw Error(ErrorCategory::InvalidInput, "SecurityGroupNotFound",
                        "The security group '" + id + "' does not exist in " + vpc_id + ".");
        if (!seen.insert(id).second)
            throw bad_request("The security group '" + id + "' is given twice.");
    }
    return groups;
}

Json EfsService::create_mount_target(Transaction& tx, const Json& request) {
    const FileSystem found = file_system(tx, request);
    if (find(request, "Ipv6Address") != nullptr ||
        string_or(request, "IpAddressType", "IPV4_ONLY") != "IPV4_ONLY")
        throw bad_request("The local cloud's subnets have IPv4 addresses only.");
    const std::string subnet_id = require_string(request, "SubnetId");
    const auto subnet = network_.subnet(tx, subnet_id);
    if (!subnet)
        throw Error(ErrorCategory::InvalidInput, "SubnetNotFound",
                    "The subnet ID '" + subnet_id + "' does not exist");
    if (!found.zone.empty() && found.zone != subnet->zone)
        throw Error(ErrorCategory::InvalidInput, "AvailabilityZonesMismatch",
                    "the file system is in " + found.zone + ", the subnet in " + subnet->zone);
    const auto groups = checked_groups(tx, request, subnet->vpc_id);
    const std::string id = registry_.create_mount_target(tx, found.id, *subnet, groups,
                                                         string_or(request, "IpAddress", ""));
    return described(tx, mount_target(tx, id));
}

Json EfsService::described(Transaction& tx, const MountTarget& found) {
    Json answer = {
        {"OwnerId", site_.place.account},
        {"MountTargetId", found.id},
        {"FileSystemId", found.file_system_id},
        {"SubnetId", found.subnet_id},
        {"LifeCycleState", "available"},
        {"IpAddress", found.ip_address},
        {"NetworkInterfaceId", found.network_interface_id},
    };
    if (const auto subnet = network_.subnet(tx, found.subnet_id)) {
        answer["AvailabilityZoneId"] = subnet->zone_id;
        answer["AvailabilityZoneName"] = subnet->zone;
        answer["VpcId"] = subnet->vpc_id;
    }
    return answer;
}

Json EfsService::describe_mount_targets(Transaction& tx, const Json& request) {
    const auto target = find_string(request, "MountTargetId");
    const auto access_point = find_string(request, "AccessPointId");
    const int given = (find(request, "FileSystemId") != nullptr ? 1 : 0) + (target ? 1 : 0) +
                      (access_point ? 1 : 0);
    if (given != 1)
        throw bad_request(
            "Exactly one of FileSystemId, MountTargetId and AccessPointId must be given.");
    const std::string scope =
        listing_scope("DescribeMountTargets", request, {"Marker", "MaxItems"});
    const auto limit =
        static_cast<std::size_t>(std::min(integer_or(request, "MaxItems", kPageSize), kPageSize));
    Json answer = {{"MountTargets", Json::array()}};
    std::string after;
    if (const auto marker = find_string(request, "Marker")) {
        const auto position = page_position(scope, *marker);
        if (!position) throw bad_request("The Marker is not one that this listing answered.");
        after = *position;
        answer["Marker"] = *marker;
    }
    std::vector<MountTarget> targets;
    if (target)
        targets = {mount_target(tx, *target)};
    else if (access_point)
        targets = registry_.mount_targets(tx, access_points_.file_system_of(tx, *access_point));
    else
        targets = registry_.mount_targets(tx, file_system(tx, request).id);
    std::string last;
    for (const MountTarget& found : targets) {
        if (found.id <= after) continue;
        if (answer["MountTargets"].size() == limit) {
            answer["NextMarker"] = page_token(scope, last);
            break;
        }
        answer["MountTargets"].push_back(described(tx, found));
        last = found.id;
    }
    return answer;
}

Json EfsService::delete_mount_target(Transaction& tx, const Json& request) {
    registry_.delete_mount_target(tx,
                                  mount_target(tx, require_string(request, "MountTargetId")).id);
    return Json::object();
}

Json EfsService::mount_target_groups(Transaction& tx, const Json& request) {
    const MountTarget found = mount_target(tx, require_string(request, "MountTargetId"));
    return Json{{"SecurityGroups", registry_.groups(tx, found.id)}};
}

Json EfsService::modify_mount_target_groups(Transaction& tx, const Json& request) {
    const MountTarget found = mount_target(tx, require_string(request, "MountTargetId"));
    const auto subnet = network_.subnet(tx, found.subnet_id);
    const std::string vpc_id = subnet ? subnet->vpc_id : "";
    std::vector<std::string> groups = checked_groups(tx, request, vpc_id);
    // Without groups the VPC's own takes their place (EFS API reference).
    if (groups.empty())
        if (const auto fallback = network_.group_named(tx, vpc_id, "default"))
            groups = {fallback->id};
    registry_.set_groups(tx, found.id, groups);
    return Json::object();
}

std::string EfsService::taggable(Transaction& tx, const Json& request) {
    const std::string id = efs_resource_id(require_string(request, "ResourceId"));
    if (id.starts_with("fsap-"))
        access_points_.file_system_of(tx, id);
    else if (!registry_.file_system(tx, id))
        throw file_system_not_found(id);
    return id;
}

Json EfsService::tag(Transaction& tx, const Json& request) {
    set_efs_tags(tx, taggable(tx, request), require(request, "Tags"));
    return Json::object();
}

Json EfsService::untag(Transaction& tx, const Json& request) {
    const std::string id = taggable(tx, request);
    for (const std::string& key : strings_of(find(request, "TagKeys")))
        tx.run("DELETE FROM efs_tag WHERE resource = ?1 AND key = ?2", {id, key});
    return Json::object();
}

Json EfsService::list_tags(Transaction& tx, const Json& request) {
    const std::string id = taggable(tx, request);
    const std::string scope =
        listing_scope("ListTagsForResource", request, {"NextToken", "MaxResults"});
    const auto limit =
        static_cast<std::size_t>(std::min(integer_or(request, "MaxResults", kPageSize), kPageSize));
    std::size_t start = 0;
    if (const auto token = find_string(request, "NextToken")) {
        const auto position = page_position(scope, *token);
        if (!position) throw bad_request("The NextToken is not one that this listing answered.");
        start = static_cast<std::size_t>(std::atoll(position->c_str()));
    }
    const Json all = efs_tags(tx, id);
    Json answer = {{"Tags", Json::array()}};
    std::size_t i = start;
    for (; i < all.size() && i < start + limit; ++i)
        answer["Tags"].push_back(all[i]);
    if (i < all.size()) answer["NextToken"] = page_token(scope, std::to_string(i));
    return answer;
}

}  // namespace

std::unique_ptr<Service> make_efs_service(Site& site) {
    return std::make_unique<EfsService>(site);
}

}  // namespace lifeboat::local
