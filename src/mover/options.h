// What a copy keeps, overwrites, deletes and checks.
//
// Names, values and defaults are those of AWS DataSync (API reference, "Options"); what Lifeboat
// adds says so. Two differences from DataSync's defaults are made by options_from_datasync, not
// here: this structure's own defaults make a faithful copy for whoever calls the mover directly.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string_view>

#include "base/json_fwd.h"

namespace lifeboat::mover {

enum class TransferMode { Changed, All };

// Newer is Lifeboat's own: what was changed at the destination after the source stays.
enum class OverwriteMode { Always, Never, Newer };

enum class PosixPermissions { Preserve, None };

enum class PreserveDeletedFiles { Preserve, Remove };

enum class PreserveDevices { None, Preserve };

// PointInTimeConsistent: after the transfer both trees are read again and compared whole.
// OnlyFilesTransferred: each file is read back and compared before it gets its name.
enum class VerifyMode { PointInTimeConsistent, OnlyFilesTransferred, None };

enum class Times { Preserve, None };

enum class LogLevel { Off, Basic, Transfer };

// Extended attributes and POSIX access control lists (Lifeboat's own; DataSync has no choice).
enum class ExtendedAttributes { Preserve, None };

// What is on the disk for certain when the copy returns: nothing, each file as it is published, or
// the tree at the end (Lifeboat's own).
enum class Durability { None, File, Tree };

// Who owns the copies, for user ids and group ids alike.
struct OwnerRule {
    enum class Kind {
        Keep,    // the same number as at the source
        Set,     // always `id`
        Map,     // what `map` says, the same number where it says nothing
        Caller,  // whoever runs the copy; not compared
    };
    Kind kind = Kind::Keep;
    std::uint32_t id = 0;
    std::map<std::uint32_t, std::uint32_t> map;

    bool operator==(const OwnerRule&) const = default;
    // For an owner `id` at the source; meaningless for Caller.
    std::uint32_t wanted(std::uint32_t source_id) const;
};

struct Options {
    TransferMode transfer_mode = TransferMode::Changed;
    OverwriteMode overwrite_mode = OverwriteMode::Always;
    PosixPermissions posix_permissions = PosixPermissions::Preserve;
    PreserveDeletedFiles preserve_deleted_files = PreserveDeletedFiles::Preserve;
    PreserveDevices preserve_devices = PreserveDevices::None;
    VerifyMode verify_mode = VerifyMode::PointInTimeConsistent;
    Times mtime = Times::Preserve;
    Times atime = Times::Preserve;
    OwnerRule uid;
    OwnerRule gid;
    LogLevel log_level = LogLevel::Off;
    std::int64_t bytes_per_second = -1;  // -1: no limit
    ExtendedAttributes extended_attributes = ExtendedAttributes::Preserve;
    Durability durability = Durability::Tree;
    unsigned workers = 0;  // 0: chosen from the number of processors
};

// Owner and mode DataSync gives to files when it is told not to keep them.
inline constexpr std::uint32_t kDataSyncDefaultOwner = 65534;
inline constexpr mode_t kDefaultMode = 0755;

// From the Options member of a DataSync task. Absent members get DataSync's defaults (basic mode);
// Uid or Gid NONE sets kDataSyncDefaultOwner. Lifeboat's extensions: OverwriteMode "NEWER", and
// members "OwnerUid" and "OwnerGid" (numbers), which set the owner and go before Uid and Gid.
// Throws Error{InvalidInput, "InvalidRequestException"} for values that cannot be honoured or do
// not go together.
Options options_from_datasync(const Json& options);

// Only root can give files away: under anybody else what is copied is the caller's own.
void keep_owner_if_not_root(Options& options);

// The full Options member for `options` (which must come from options_from_datasync), as
// DescribeTask shows it: every member, defaults filled in.
Json datasync_options(const Json& options);

}  // namespace lifeboat::mover
