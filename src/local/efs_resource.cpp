#include "local/efs_resource.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/database.h"

namespace lifeboat::local {
namespace {

constexpr std::int64_t kMostTags = 50;

}  // namespace

std::string efs_resource_id(const std::string& id_or_arn) {
    const auto slash = id_or_arn.rfind('/');
    return slash == std::string::npos ? id_or_arn : id_or_arn.substr(slash + 1);
}

std::string efs_arn(const cloud::Place& place, std::string_view kind, std::string_view id) {
    return cloud::arn_of(place, "elasticfilesystem", std::string(kind) + "/" + std::string(id));
}

Error file_system_not_found(std::string_view id) {
    return Error(ErrorCategory::NotFound, "FileSystemNotFound",
                 "File system '" + std::string(id) + "' does not exist.");
}

Json efs_tags(Transaction& tx, std::string_view resource) {
    Json tags = Json::array();
    tx.each("SELECT key, value FROM efs_tag WHERE resource = ?1 ORDER BY key", {resource},
            [&](const Row& row) {
                tags.push_back({{"Key", row.string(0)}, {"Value", row.string(1)}});
                return true;
            });
    return tags;
}

void set_efs_tags(Transaction& tx, std::string_view resource, const Json& tags) {
    for (const Json& tag : tags) {
        const std::string key = require_string(tag, "Key");
        if (lower_case(key).starts_with("aws:"))
            throw Error(ErrorCategory::InvalidInput, "BadRequest",
                        "the tag key '" + key + "' starts with 'aws:', which AWS keeps for itself");
        tx.run(
            "INSERT INTO efs_tag (resource, key, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            {resource, key, string_or(tag, "Value", "")});
    }
    const auto count = tx.one("SELECT count(*) FROM efs_tag WHERE resource = ?1", {resource},
                              [](const Row& row) { return row.integer(0); });
    if (*count > kMostTags)
        throw Error(ErrorCategory::InvalidInput, "BadRequest",
                    "a resource may have at most " + std::to_string(kMostTags) + " tags");
}

}  // namespace lifeboat::local
