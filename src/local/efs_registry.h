// File systems and their mount targets: rows of the efs service, and the directories behind them,
// data/efs/<file-system-id>/<uid>/. For the efs service, and for Studio, whose domain and file
// system are made in one transaction.
//
// A row and a directory cannot commit together. So a directory is made (or removed) by a job that
// is written with the row, and may besides be made at once: making one is idempotent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/ec2_network.h"

namespace lifeboat::local {

struct Site;
class Transaction;

struct NewFileSystem {
    std::string creation_token;
    std::string performance_mode = "generalPurpose";
    std::string throughput_mode = "bursting";
    std::optional<double> provisioned_mibps;
    std::string zone;  // One Zone storage; empty: regional
};

struct FileSystem {
    std::string id;
    std::string creation_token;
    std::string performance_mode;
    std::string throughput_mode;
    std::optional<double> provisioned_mibps;
    std::string zone;
    Time created;
    // What the directory held when it was last measured.
    std::int64_t size = 0;
    std::optional<Time> measured;
};

struct MountTarget {
    std::string id;
    std::string file_system_id;
    std::string subnet_id;
    std::string ip_address;
    std::string network_interface_id;
};

// Who owns a directory, and its mode. Applied only when this process is root; otherwise directories
// stay with the process's own user, which is said once in the log.
struct DirectoryOwner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    unsigned mode = 0755;
};

class EfsRegistry {
  public:
    // Kinds of the jobs, which the efs service runs.
    static constexpr std::string_view kMakeJob = "efs.make-directory";
    static constexpr std::string_view kRemoveJob = "efs.remove-directory";
    static constexpr std::string_view kMeasureJob = "efs.measure";

    explicit EfsRegistry(const Site& site);

    static std::vector<std::string> schema();

    // Returns the id; the directory is made by a job.
    std::string create_file_system(Transaction& tx, const NewFileSystem& request) const;
    // With mount targets, access points and tags; the directory is removed by a job.
    void delete_file_system(Transaction& tx, std::string_view id) const;

    // Throws Error MountTargetConflict (another one in that zone, or in another VPC),
    // NoFreeAddressesInSubnet, IpAddressInUse, BadRequest. `groups` must exist; empty: the VPC's
    // default group. `ip_address` empty: the next free one.
    std::string create_mount_target(Transaction& tx, std::string_view file_system,
                                    const Subnet& subnet, const std::vector<std::string>& groups,
                                    std::string_view ip_address = {}) const;
    void delete_mount_target(Transaction& tx, std::string_view id) const;
    void set_groups(Transaction& tx, std::string_view mount_target,
                    const std::vector<std::string>& groups) const;

    std::optional<FileSystem> file_system(Transaction& tx, std::string_view id) const;
    std::optional<MountTarget> mount_target(Transaction& tx, std::string_view id) const;
    std::vector<MountTarget> mount_targets(Transaction& tx, std::string_view file_system) const;
    std::vector<std::string> groups(Transaction& tx, std::string_view mount_target) const;
    // Whether a mount target has this security group.
    bool uses_group(Transaction& tx, std::string_view group) const;
    std::int64_t count_mount_targets(Transaction& tx, std::string_view subnet) const;

    // Asks for `path` below the file system ("" is its root) from `due` on. Durable with `tx`.
    void request_directory(Transaction& tx, std::string_view file_system, std::string_view path,
                           const DirectoryOwner& owner, Time due) const;
    // Makes it now, without waiting for the disk: request_directory() as well makes it last.
    // Idempotent; never follows a symbolic link. Throws Error (NoSpace, ...).
    void make_directory(std::string_view file_system, std::string_view path,
                        const DirectoryOwner& owner) const;
    // The same, durable on return.
    void make_durable_directory(std::string_view file_system, std::string_view path,
                                const DirectoryOwner& owner) const;

    // What a home of Studio is: <file system>/<uid>, of that user, closed to others.
    static DirectoryOwner home_owner(std::int64_t uid);

  private:
    std::string free_address(Transaction& tx, const Subnet& subnet) const;

    const Site& site_;
    Ec2Network network_;
};

}  // namespace lifeboat::local
