#include "apps/recovery/domain_record.h"

#include "apps/recovery/item.h"
#include "apps/recovery/network.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {
namespace {

DomainRecord record_from(const Json& plain) {
    DomainRecord record;
    record.domain_id = string_or(plain, "domain_id", "");
    record.domain_name = string_or(plain, "domain_name", "");
    record.file_system = string_or(plain, "efs_sys_id", "");
    record.subnet = string_or(plain, "subnet_id", "");
    if (const Json* groups = find(plain, "security_group_ids"))
        for (const Json& group : *groups)
            record.security_groups.push_back(group.get<std::string>());
    record.deleted_at = string_or(plain, "deleted_at", "");
    record.is_retained = bool_or(plain, "efs_retained", true);
    return record;
}

Json key_of(const std::string& domain_id) {
    return {{"domain_id", {{"S", domain_id}}}};
}

}  // namespace

std::optional<DomainRecord> DomainRecords::find(const std::string& domain_id) {
    const Json answer = cloud_.call(
        "dynamodb", "GetItem",
        {{"TableName", kDomainTable}, {"Key", key_of(domain_id)}, {"ConsistentRead", true}});
    const Json* item = lifeboat::find(answer, "Item");
    if (item == nullptr) return std::nullopt;
    return record_from(from_item(*item));
}

void DomainRecords::remember(const Domain& domain) {
    if (domain.file_system.empty()) return;
    const std::optional<DomainRecord> known = find(domain.id);
    if (known && known->deleted_at.empty() && known->domain_name == domain.name &&
        known->file_system == domain.file_system && !known->subnet.empty())
        return;
    const std::optional<MountPoint> mount = mount_point_of(cloud_, domain.file_system);
    Json plain = {
        {"domain_id", domain.id},
        {"domain_name", domain.name},
        {"efs_sys_id", domain.file_system},
        {"subnet_id", mount ? mount->subnet : ""},
        {"security_group_ids", mount ? mount->security_groups : std::vector<std::string>()},
        {"updated_at", to_iso8601_millis(clock_.now())}};
    try {
        // A deletion noted meanwhile stays.
        cloud_.call("dynamodb", "PutItem",
                    {{"TableName", kDomainTable},
                     {"Item", to_item(plain)},
                     {"ConditionExpression", "attribute_not_exists(deleted_at)"}});
    } catch (const Error& e) {
        if (e.code() != "ConditionalCheckFailedException") throw;
    }
}

void DomainRecords::forget(const std::string& domain_id, bool is_retained) {
    try {
        cloud_.call("dynamodb", "UpdateItem",
                    {{"TableName", kDomainTable},
                     {"Key", key_of(domain_id)},
                     {"UpdateExpression", "SET deleted_at = :t, efs_retained = :r"},
                     {"ConditionExpression",
                      "attribute_exists(domain_id) AND attribute_not_exists(deleted_at)"},
                     {"ExpressionAttributeValues",
                      {{":t", to_attribute(to_iso8601_millis(clock_.now()))},
                       {":r", to_attribute(is_retained)}}}});
    } catch (const Error& e) {
        // Never recorded, or already marked.
        if (e.code() != "ConditionalCheckFailedException") throw;
    }
}

std::vector<DomainRecord> DomainRecords::all() {
    std::vector<DomainRecord> records;
    cloud::each_item(cloud_, "dynamodb", "Scan",
                     {{"TableName", kDomainTable}, {"ConsistentRead", true}},
                     [&](const Json& item) {
                         records.push_back(record_from(from_item(item)));
                         return true;
                     });
    return records;
}

}  // namespace lifeboat::recovery
