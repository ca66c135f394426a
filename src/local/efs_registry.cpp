#include "local/efs_registry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "local/database.h"
#include "local/site.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::local {
namespace {

FileSystem file_system_of(const Row& row) {
    FileSystem found;
    found.id = row.string(0);
    found.creation_token = row.string(1);
    found.performance_mode = row.string(2);
    found.throughput_mode = row.string(3);
    if (!row.is_null(4)) found.provisioned_mibps = row.real(4);
    found.zone = row.string(5);
    found.created = from_epoch_micros(row.integer(6));
    found.size = row.integer(7);
    if (!row.is_null(8)) found.measured = from_epoch_micros(row.integer(8));
    return found;
}

MountTarget mount_target_of(const Row& row) {
    return {row.string(0), row.string(1), row.string(2), row.string(3), row.string(4)};
}

// A directory that is not yet `owner`'s becomes it. What its owner changed later stays.
void hand_over(int directory, const DirectoryOwner& owner, bool is_new) {
    if (::geteuid() != 0) {
        static std::atomic<bool> said{false};
        if (owner.uid != ::geteuid() && !said.exchange(true))
            log::warning(
                "home directories belong to the user of this process, not to their Studio "
                "user: only root may give them away");
        if (is_new && ::fchmod(directory, owner.mode) != 0)
            throw error_from_errno(errno, "set the mode of a new directory");
        return;
    }
    const struct stat status = os::look_at(directory);
    if (!is_new && (status.st_uid == owner.uid || status.st_uid != 0)) return;
    if (::fchown(directory, owner.uid, owner.gid) != 0)
        throw error_from_errno(errno, "set the owner of a new directory");
    // After the owner: a change of owner may take mode bits away.
    if (::fchmod(directory, owner.mode) != 0)
        throw error_from_errno(errno, "set the mode of a new directory");
}

os::UniqueFd made_below(int directory, const std::string& name, const DirectoryOwner& owner) {
    const bool is_new = ::mkdirat(directory, name.c_str(), owner.mode) == 0;
    if (!is_new && errno != EEXIST)
        throw error_from_errno(errno, "make the directory '" + name + "'");
    os::UniqueFd made =
        os::open_below(directory, name, O_RDONLY | O_DIRECTORY, 0, os::Mounts::Cross);
    hand_over(made.get(), owner, is_new);
    return made;
}

enum class Durability { Later, Now };

void make(const std::filesystem::path& root, std::string_view file_system, std::string_view path,
          const DirectoryOwner& owner, Durability durability) {
    std::error_code error;
    if (std::filesystem::create_directory(root, error)) {
        if (::chmod(root.c_str(), 0711) != 0)
            throw error_from_errno(errno, "chmod '" + root.string() + "'");
    } else if (error) {
        throw error_from_errno(error.value(), "make the directory '" + root.string() + "'");
    }
    std::vector<os::UniqueFd> opened;
    opened.push_back(os::open_file(root, O_RDONLY | O_DIRECTORY));
    opened.push_back(made_below(opened.back().get(), std::string(file_system), DirectoryOwner{}));
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string name(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (name.empty()) continue;
        opened.push_back(made_below(opened.back().get(), name, owner));
    }
    if (durability == Durability::Later) return;
    for (auto it = opened.rbegin(); it != opened.rend(); ++it)
        if (::fsync(it->get()) != 0) throw error_from_errno(errno, "make a new directory durable");
}

}  // namespace

EfsRegistry::EfsRegistry(const Site& site) : site_(site), network_(site) {}

std::vector<std::string> EfsRegistry::schema() {
    return {
        "CREATE TABLE efs_file_system (id TEXT PRIMARY KEY, creation_token TEXT NOT NULL UNIQUE,"
        " performance_mode TEXT NOT NULL, throughput_mode TEXT NOT NULL, provisioned REAL,"
        " zone TEXT NOT NULL, created INTEGER NOT NULL, size INTEGER NOT NULL DEFAULT 0,"
        " measured INTEGER) WITHOUT ROWID;"
        "CREATE INDEX efs_file_system_by_age ON efs_file_system (created, id);"
        "CREATE TABLE efs_mount_target (id TEXT PRIMARY KEY, file_system_id TEXT NOT NULL,"
        " subnet_id TEXT NOT NULL, ip_address TEXT NOT NULL, network_interface_id TEXT NOT NULL)"
        " WITHOUT ROWID;"
        "CREATE INDEX efs_mount_target_by_file_system ON efs_mount_target (file_system_id);"
        "CREATE INDEX efs_mount_target_by_subnet ON efs_mount_target (subnet_id, ip_address);"
        "CREATE TABLE efs_mount_target_group (mount_target_id TEXT NOT NULL,"
        " position INTEGER NOT NULL, group_id TEXT NOT NULL,"
        " PRIMARY KEY (mount_target_id, position)) WITHOUT ROWID;"
        "CREATE INDEX efs_mount_target_by_group ON efs_mount_target_group (group_id);"
        "CREATE TABLE efs_access_point (id TEXT PRIMARY KEY, file_system_id TEXT NOT NULL,"
        " client_token TEXT NOT NULL UNIQUE, settings TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX efs_access_point_by_file_system ON efs_access_point (file_system_id);"
        "CREATE TABLE efs_tag (resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
        " PRIMARY KEY (resource, key)) WITHOUT ROWID;"};
}

std::string EfsRegistry::create_file_system(Transaction& tx, const NewFileSystem& request) const {
    const std::string id = "fs-" + new_hex(site_.random, 17);
    const Time now = site_.clock.now();
    tx.run(
        "INSERT INTO efs_file_system (id, creation_token, performance_mode, throughput_mode,"
        " provisioned, zone, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        {id, request.creation_token, request.performance_mode, request.throughput_mode,
         request.provisioned_mibps, request.zone, to_epoch_micros(now)});
    request_directory(tx, id, "", DirectoryOwner{}, now);
    site_.jobs.enqueue(tx, kMeasureJob, id, Json{{"FileSystemId", id}}, now);
    return id;
}

void EfsRegistry::delete_file_system(Transaction& tx, std::string_view id) const {
    for (const MountTarget& target : mount_targets(tx, id))
        delete_mount_target(tx, target.id);
    tx.run(
        "DELETE FROM efs_tag WHERE resource IN"
        " (SELECT id FROM efs_access_point WHERE file_system_id = ?1)",
        {id});
    tx.run("DELETE FROM efs_access_point WHERE file_system_id = ?1", {id});
    tx.run("DELETE FROM efs_tag WHERE resource = ?1", {id});
    tx.run("DELETE FROM efs_file_system WHERE id = ?1", {id});
    site_.jobs.cancel(tx, kMeasureJob, id);
    site_.jobs.enqueue(tx, kRemoveJob, id, Json{{"FileSystemId", std::string(id)}},
                       site_.clock.now());
}

std::string EfsRegistry::free_address(Transaction& tx, const Subnet& subnet) const {
    for (std::uint32_t offset = 4;; ++offset) {
        const auto address = address_in(subnet.cidr, offset);
        if (!address)
            throw Error(ErrorCategory::Unavailable, "NoFreeAddressesInSubnet",
                        "the subnet '" + subnet.id + "' has no free address");
        if (!tx.one("SELECT 1 FROM efs_mount_target WHERE subnet_id = ?1 AND ip_address = ?2",
                    {subnet.id, *address}, [](const Row&) { return true; }))
            return *address;
    }
}

std::string EfsRegistry::create_mount_target(Transaction& tx, std::string_view file_system,
                                             const Subnet& subnet,
                                             const std::vector<std::string>& groups,
                                             std::string_view ip_address) const {
    for (const MountTarget& other : mount_targets(tx, file_system)) {
        const auto neighbour = network_.subnet(tx, other.subnet_id);
        if (neighbour && (neighbour->zone == subnet.zone || neighbour->vpc_id != subnet.vpc_id))
            throw Error(ErrorCategory::AlreadyExists, "MountTargetConflict",
                        neighbour->vpc_id != subnet.vpc_id
                            ? "requested subnet for new mount target is not in the same VPC as "
                              "existing mount targets"
                            : "mount target already exists in this AZ");
    }
    std::string address(ip_address);
    if (address.empty()) {
        address = free_address(tx, subnet);
    } else if (!is_usable_address(subnet.cidr, address)) {
        throw Error(ErrorCategory::InvalidInput, "BadRequest",
                    "the address " + address + " is not a free address of the subnet's block " +
                        subnet.cidr);
    } else if (tx.one("SELECT 1 FROM efs_mount_target WHERE subnet_id = ?1 AND ip_address = ?2",
                      {subnet.id, address}, [](const Row&) { return true; })) {
        throw Error(ErrorCategory::AlreadyExists, "IpAddressInUse",
                    "the address " + address + " is in use");
    }
    const std::string id = "fsmt-" + new_hex(site_.random, 17);
    tx.run(
        "INSERT INTO efs_mount_target (id, file_system_id, subnet_id, ip_address,"
        " network_interface_id) VALUES (?1, ?2, ?3, ?4, ?5)",
        {id, file_system, subnet.id, address, "eni-" + new_hex(site_.random, 17)});
    if (groups.empty()) {
        const auto fallback = network_.group_named(tx, subnet.vpc_id, "default");
        if (fallback) set_groups(tx, id, {fallback->id});
    } else {
        set_groups(tx, id, groups);
    }
    return id;
}

void EfsRegistry::delete_mount_target(Transaction& tx, std::string_view id) const {
    tx.run("DELETE FROM efs_mount_target_group WHERE mount_target_id = ?1", {id});
    tx.run("DELETE FROM efs_mount_target WHERE id = ?1", {id});
}

void EfsRegistry::set_groups(Transaction& tx, std::string_view mount_target,
                             const std::vector<std::string>& groups) const {
    tx.run("DELETE FROM efs_mount_target_group WHERE mount_target_id = ?1", {mount_target});
    int position = 0;
    for (const std::string& group : groups)
        tx.run(
            "INSERT INTO efs_mount_target_group (mount_target_id, position, group_id)"
            " VALUES (?1, ?2, ?3)",
            {mount_target, position++, group});
}

std::optional<FileSystem> EfsRegistry::file_system(Transaction& tx, std::string_view id) const {
    return tx.one(
        "SELECT id, creation_token, performance_mode, throughput_mode, provisioned, zone, created,"
        " size, measured FROM efs_file_system WHERE id = ?1",
        {id}, file_system_of);
}

std::optional<MountTarget> EfsRegistry::mount_target(Transaction& tx, std::string_view id) const {
    return tx.one(
        "SELECT id, file_system_id, subnet_id, ip_address, network_interface_id"
        " FROM efs_mount_target WHERE id = ?1",
        {id}, mount_target_of);
}

std::vector<MountTarget> EfsRegistry::mount_targets(Transaction& tx,
                                                    std::string_view file_system) const {
    std::vector<MountTarget> found;
    tx.each(
        "SELECT id, file_system_id, subnet_id, ip_address, network_interface_id"
        " FROM efs_mount_target WHERE file_system_id = ?1 ORDER BY id",
        {file_system}, [&](const Row& row) {
            found.push_back(mount_target_of(row));
            return true;
        });
    return found;
}

std::vector<std::string> EfsRegistry::groups(Transaction& tx, std::string_view mount_target) const {
    std::vector<std::string> found;
    tx.each(
        "SELECT group_id FROM efs_mount_target_group WHERE mount_target_id = ?1 ORDER BY position",
        {mount_target}, [&](const Row& row) {
            found.push_back(row.string(0));
            return true;
        });
    return found;
}

bool EfsRegistry::uses_group(Transaction& tx, std::string_view group) const {
    return tx
        .one("SELECT 1 FROM efs_mount_target_group WHERE group_id = ?1 LIMIT 1", {group},
             [](const Row&) { return true; })
        .has_value();
}

std::int64_t EfsRegistry::count_mount_targets(Transaction& tx, std::string_view subnet) const {
    return *tx.one("SELECT count(*) FROM efs_mount_target WHERE subnet_id = ?1", {subnet},
                   [](const Row& row) { return row.integer(0); });
}

void EfsRegistry::request_directory(Transaction& tx, std::string_view file_system,
                                    std::string_view path, const DirectoryOwner& owner,
                                    Time due) const {
    site_.jobs.enqueue(tx, kMakeJob, std::string(file_system) + "/" + std::string(path),
                       Json{{"FileSystemId", std::string(file_system)},
                            {"Path", std::string(path)},
                            {"Uid", owner.uid},
                            {"Gid", owner.gid},
                            {"Mode", owner.mode}},
                       due);
}

void EfsRegistry::make_directory(std::string_view file_system, std::string_view path,
                                 const DirectoryOwner& owner) const {
    make(site_.efs_root(), file_system, path, owner, Durability::Later);
}

void EfsRegistry::make_durable_directory(std::string_view file_system, std::string_view path,
                                         const DirectoryOwner& owner) const {
    make(site_.efs_root(), file_system, path, owner, Durability::Now);
}

DirectoryOwner EfsRegistry::home_owner(std::int64_t uid) {
    return {static_cast<std::uint32_t>(uid), 0, 0700};
}

}  // namespace lifeboat::local
