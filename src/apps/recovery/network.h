// How copies reach a file system: the mount target to attach to, and the security groups that must
// let them in (NFS, port 2049).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery {

// The AWS sample's parameter: the group, or groups separated by commas, that copies run in.
inline constexpr std::string_view kSecurityGroupsParameter =
    "/network/vpc/sagemaker/securitygroups";

struct MountPoint {
    std::string subnet;  // the mount target's own, so that zone and VPC fit
    std::vector<std::string> security_groups;
};

// The first mount target that is available; nullopt when there is none, or no file system.
std::optional<MountPoint> mount_point_of(cloud::Cloud& cloud, const std::string& file_system);
// Whether the file system exists and is not being deleted.
bool file_system_exists(cloud::Cloud& cloud, const std::string& file_system);

// The groups copies run in, by kSecurityGroupsParameter; empty when it is not set.
std::vector<std::string> copy_security_groups(cloud::Cloud& cloud);

struct Authorization {
    std::string mount_target;
    std::string security_group;  // that was changed
    std::string source_group;    // that is let in
    bool was_there = false;      // it was let in already
};

// Lets NFS in from `source_groups` on every group of every mount target of the file system (seed
// 001: add-security-group). Idempotent. Throws Error{NotFound, "FileSystemNotFound"}, and
// Error{InvalidInput, "ValidationException"} when no group is given.
std::vector<Authorization> authorize_nfs(cloud::Cloud& cloud, const std::string& file_system,
                                         const std::vector<std::string>& source_groups);

}  // namespace lifeboat::recovery
