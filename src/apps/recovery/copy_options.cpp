#include "apps/recovery/copy_options.h"

#include "base/json.h"

namespace lifeboat::recovery {

Json copy_options(const Json& given, const std::string& target_uid, bool has_log_group,
                  const Environment& environment) {
    Json options = {{"TransferMode", "CHANGED"},
                    {"OverwriteMode", environment.overwrite_mode()},
                    {"PosixPermissions", "PRESERVE"},
                    {"Uid", "INT_VALUE"},
                    {"Gid", "INT_VALUE"},
                    {"PreserveDeletedFiles", "PRESERVE"},
                    // Point-in-time verification would call what the user has added since a
                    // difference.
                    {"VerifyMode", "ONLY_FILES_TRANSFERRED"},
                    {"LogLevel", has_log_group ? "TRANSFER" : "OFF"}};
    if (environment.maps_owner()) options["OwnerUid"] = std::stoll(target_uid);
    for (const auto& [member, value] : given.items())
        options[member] = value;
    return options;
}

Json restore_options(Json options, const std::string& target_uid) {
    if (!options.contains("OwnerUid")) options["OwnerUid"] = std::stoll(target_uid);
    return options;
}

Json addition_options(Json options) {
    if (string_or(options, "OverwriteMode", "ALWAYS") != "NEWER")
        options["OverwriteMode"] = "NEVER";
    return options;
}

}  // namespace lifeboat::recovery
