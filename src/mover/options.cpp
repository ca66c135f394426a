#include "mover/options.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::mover {
namespace {

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "InvalidRequestException", message);
}

template <class Value>
using Choices = std::initializer_list<std::pair<std::string_view, Value>>;

template <class Value>
Value choice(const Json& options, std::string_view member, Value fallback, Choices<Value> choices) {
    const auto text = find_string(options, member);
    if (!text) return fallback;
    std::string names;
    for (const auto& [name, value] : choices) {
        if (name == *text) return value;
        names += (names.empty() ? "" : ", ") + std::string(name);
    }
    refuse("Option " + std::string(member) + " cannot be " + *text + " here; choose one of " +
           names + ".");
}

// Basic mode demands the pair.
void check_times(const Json& full) {
    const bool keep_atime = full["Atime"] == "BEST_EFFORT";
    const bool keep_mtime = full["Mtime"] == "PRESERVE";
    if (keep_atime != keep_mtime)
        refuse("Atime BEST_EFFORT goes with Mtime PRESERVE, and Atime NONE with Mtime NONE.");
}

OwnerRule owner_rule(const Json& options, std::string_view standard, std::string_view own) {
    OwnerRule rule;
    if (const Json* id = find(options, own); id != nullptr && !id->is_null()) {
        if (!id->is_number_integer() || id->get<std::int64_t>() < 0 ||
            id->get<std::int64_t>() >= 0xffffffffLL)
            refuse(std::string(own) + " must be a number from 0 to 4294967294.");
        rule.kind = OwnerRule::Kind::Set;
        rule.id = id->get<std::uint32_t>();
        return rule;
    }
    if (choice<bool>(options, standard, true, {{"INT_VALUE", true}, {"NONE", false}})) return rule;
    rule.kind = OwnerRule::Kind::Set;
    rule.id = kDataSyncDefaultOwner;
    return rule;
}

}  // namespace

std::uint32_t OwnerRule::wanted(std::uint32_t source_id) const {
    if (kind == Kind::Set) return id;
    if (kind != Kind::Map) return source_id;
    const auto found = map.find(source_id);
    return found == map.end() ? source_id : found->second;
}

Json datasync_options(const Json& options) {
    Json full = {{"VerifyMode", "POINT_IN_TIME_CONSISTENT"},
                 {"OverwriteMode", "ALWAYS"},
                 {"Atime", "BEST_EFFORT"},
                 {"Mtime", "PRESERVE"},
                 {"Uid", "INT_VALUE"},
                 {"Gid", "INT_VALUE"},
                 {"PreserveDeletedFiles", "PRESERVE"},
                 {"PreserveDevices", "NONE"},
                 {"PosixPermissions", "PRESERVE"},
                 {"BytesPerSecond", -1},
                 {"TaskQueueing", "ENABLED"},
                 {"LogLevel", "OFF"},
                 {"TransferMode", "CHANGED"},
                 {"SecurityDescriptorCopyFlags", "NONE"},
                 {"ObjectTags", "PRESERVE"}};
    if (options.is_object())
        for (const auto& [name, value] : options.items())
            if (!value.is_null()) full[name] = value;
    return full;
}

Options options_from_datasync(const Json& options) {
    const Json full = datasync_options(options);
    check_times(full);
    Options result;
    result.transfer_mode = choice<TransferMode>(
        full, "TransferMode", {}, {{"CHANGED", TransferMode::Changed}, {"ALL", TransferMode::All}});
    result.overwrite_mode = choice<OverwriteMode>(full, "OverwriteMode", {},
                                                  {{"ALWAYS", OverwriteMode::Always},
                                                   {"NEVER", OverwriteMode::Never},
                                                   {"NEWER", OverwriteMode::Newer}});
    result.posix_permissions = choice<PosixPermissions>(
        full, "PosixPermissions", {},
        {{"PRESERVE", PosixPermissions::Preserve}, {"NONE", PosixPermissions::None}});
    result.preserve_deleted_files = choice<PreserveDeletedFiles>(
        full, "PreserveDeletedFiles", {},
        {{"PRESERVE", PreserveDeletedFiles::Preserve}, {"REMOVE", PreserveDeletedFiles::Remove}});
    result.preserve_devices = choice<PreserveDevices>(
        full, "PreserveDevices", {},
        {{"NONE", PreserveDevices::None}, {"PRESERVE", PreserveDevices::Preserve}});
    result.verify_mode =
        choice<VerifyMode>(full, "VerifyMode", {},
                           {{"POINT_IN_TIME_CONSISTENT", VerifyMode::PointInTimeConsistent},
                            {"ONLY_FILES_TRANSFERRED", VerifyMode::OnlyFilesTransferred},
                            {"NONE", VerifyMode::None}});
    result.mtime =
        choice<Times>(full, "Mtime", {}, {{"PRESERVE", Times::Preserve}, {"NONE", Times::None}});
    result.atime =
        choice<Times>(full, "Atime", {}, {{"BEST_EFFORT", Times::Preserve}, {"NONE", Times::None}});
    result.log_level = choice<LogLevel>(
        full, "LogLevel", {},
        {{"OFF", LogLevel::Off}, {"BASIC", LogLevel::Basic}, {"TRANSFER", LogLevel::Transfer}});
    choice<bool>(full, "SecurityDescriptorCopyFlags", true, {{"NONE", true}});
    result.uid = owner_rule(full, "Uid", "OwnerUid");
    result.gid = owner_rule(full, "Gid", "OwnerGid");
    result.bytes_per_second = integer_or(full, "BytesPerSecond", -1);
    if (result.bytes_per_second < -1 || result.bytes_per_second == 0)
        refuse("BytesPerSecond must be -1 (no limit) or at least 1.");
    if (result.preserve_deleted_files == PreserveDeletedFiles::Remove &&
        result.transfer_mode == TransferMode::All)
        refuse("PreserveDeletedFiles REMOVE cannot be used with TransferMode ALL.");
    // Access control lists are permissions too.
    if (result.posix_permissions == PosixPermissions::None)
        result.extended_attributes = ExtendedAttributes::None;
    return result;
}

void keep_owner_if_not_root(Options& options) {
    if (::geteuid() == 0) return;
    options.uid.kind = OwnerRule::Kind::Caller;
    options.gid.kind = OwnerRule::Kind::Caller;
}

}  // namespace lifeboat::mover
