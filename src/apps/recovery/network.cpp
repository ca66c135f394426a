#include "apps/recovery/network.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {
namespace {

constexpr int kNfsPort = 2049;

bool is_missing_file_system(const Error& error) {
    return error.code() == "FileSystemNotFound" || error.category() == ErrorCategory::NotFound;
}

std::vector<std::string> groups_of(cloud::Cloud& cloud, const std::string& mount_target) {
    const Json answer =
        cloud.call("efs", "DescribeMountTargetSecurityGroups", {{"MountTargetId", mount_target}});
    std::vector<std::string> groups;
    for (const Json& group : require(answer, "SecurityGroups"))
        groups.push_back(group.get<std::string>());
    return groups;
}

}  // namespace

std::optional<MountPoint> mount_point_of(cloud::Cloud& cloud, const std::string& file_system) {
    Json targets;
    try {
        targets =
            cloud::all_items(cloud, "efs", "DescribeMountTargets", {{"FileSystemId", file_system}});
    } catch (const Error& e) {
        if (is_missing_file_system(e)) return std::nullopt;
        throw;
    }
    for (const Json& target : targets)
        if (string_or(target, "LifeCycleState", "available") == "available")
            return MountPoint{require_string(target, "SubnetId"),
                              groups_of(cloud, require_string(target, "MountTargetId"))};
    return std::nullopt;
}

bool file_system_exists(cloud::Cloud& cloud, const std::string& file_system) {
    try {
        const Json answer =
            cloud.call("efs", "DescribeFileSystems", {{"FileSystemId", file_system}});
        for (const Json& found : require(answer, "FileSystems")) {
            const std::string state = string_or(found, "LifeCycleState", "available");
            if (state != "deleting" && state != "deleted") return true;
        }
        return false;
    } catch (const Error& e) {
        if (is_missing_file_system(e)) return false;
        throw;
    }
}

std::vector<std::string> copy_security_groups(cloud::Cloud& cloud) {
    std::string text;
    try {
        const Json answer = cloud.call("ssm", "GetParameter", {{"Name", kSecurityGroupsParameter}});
        text = string_or(require(answer, "Parameter"), "Value", "");
    } catch (const Error& e) {
        if (e.code() != "ParameterNotFound") throw;
    }
    std::vector<std::string> groups;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        if (comma > at) groups.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    return groups;
}

std::vector<Authorization> authorize_nfs(cloud::Cloud& cloud, const std::string& file_system,
                                         const std::vector<std::string>& source_groups) {
    if (source_groups.empty())
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "no security group to let in: name one, or set the parameter " +
                        std::string(kSecurityGroupsParameter));
    if (!file_system_exists(cloud, file_system))
        throw Error(ErrorCategory::NotFound, "FileSystemNotFound",
                    "there is no file system '" + file_system + "'");
    std::vector<Authorization> done;
    const Json targets =
        cloud::all_items(cloud, "efs", "DescribeMountTargets", {{"FileSystemId", file_system}});
    for (const Json& target : targets) {
        const std::string id = require_string(target, "MountTargetId");
        for (const std::string& group : groups_of(cloud, id))
            for (const std::string& source : source_groups) {
                Authorization one{id, group, source, false};
                try {
                    Json permission = {
                        {"IpProtocol", "tcp"}, {"FromPort", kNfsPort}, {"ToPort", kNfsPort}};
                    permission["UserIdGroupPairs"].push_back({{"GroupId", source}});
                    Json request = {{"GroupId", group}};
                    request["IpPermissions"].push_back(std::move(permission));
                    cloud.call("ec2", "AuthorizeSecurityGroupIngress", request);
                } catch (const Error& e) {
                    if (e.code() != "InvalidPermission.Duplicate") throw;
                    one.was_there = true;
                }
                done.push_back(std::move(one));
            }
    }
    return done;
}

}  // namespace lifeboat::recovery
