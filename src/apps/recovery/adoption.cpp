// Taking over the table of an existing installation (docs/registry.md, "Adoption").
//
// The AWS sample wrote a space's row under its bare name, where a user of that name has his, and
// names as they were spelled. Such rows move to their own keys; their history stays where it is and
// is found through `former_keys`. A marker item says that the table has been gone through, so that
// looking up one profile never means reading the whole table again.
#include <algorithm>

#include "apps/recovery/item.h"
#include "apps/recovery/registry.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {
namespace {

const Json& marker_key() {
    static const Json key = {{"name", {{"S", "registry-adopted"}}}};
    return key;
}

bool has_old_key(const Row& row) {
    return row.key.profile_key != row.profile.key();
}

}  // namespace

void Registry::adopt_once() {
    const Json answer =
        cloud_.call("dynamodb", "GetItem",
                    {{"TableName", kStateTable}, {"Key", marker_key()}, {"ConsistentRead", true}});
    if (find(answer, "Item") == nullptr) adopt();
}

int Registry::adopt() {
    std::vector<Json> old;
    cloud::each_item(
        cloud_, "dynamodb", "Scan", {{"TableName", kUserTable}, {"ConsistentRead", true}},
        [&](const Json& item) {
            try {
                if (has_old_key(row_from(from_item(item)))) old.push_back(item);
            } catch (const Error& e) {
                if (e.category() != ErrorCategory::InvalidInput) throw;
                log::warning("left a registry item that is no row", {{"why", e.message()}});
            }
            return true;
        });
    int moved = 0;
    for (const Json& item : old)
        if (adopt_row(item)) ++moved;
    Json marker = marker_key();
    marker["updated_at"] = {{"S", to_iso8601_millis(clock_.now())}};
    cloud_.call("dynamodb", "PutItem", {{"TableName", kStateTable}, {"Item", std::move(marker)}});
    return moved;
}

bool Registry::adopt_row(const Json& item) {
    const Row old = row_from(from_item(item));
    Json moved = item;
    moved["profile_name"] = to_attribute(old.profile.key());
    std::vector<std::string> former = old.former_keys;
    if (std::find(former.begin(), former.end(), old.key.profile_key) == former.end())
        former.push_back(old.key.profile_key);
    moved["former_keys"] = to_attribute(Json(former));
    moved["revision"] = to_attribute(old.revision + 1);
    Json entry = history_of_row(old, event::kAdopted);
    entry["profile_name"] = old.profile.key();
    entry["former_key"] = old.key.profile_key;
    if (!old.replication_status.empty()) entry["replication_status"] = old.replication_status;

    Json removal = {
        {"TableName", kUserTable},
        {"Key", {{"profile_name", item["profile_name"]}, {"domain_name", item["domain_name"]}}},
        {"ConditionExpression", "attribute_exists(profile_name)"}};
    if (item.contains("efs_uid")) {
        removal["ConditionExpression"] = "efs_uid = :u";
        removal["ExpressionAttributeValues"] = {{":u", item["efs_uid"]}};
    }
    const Json remove = {{"Delete", std::move(removal)}};
    const Json put = {{"Put",
                       {{"TableName", kUserTable},
                        {"Item", std::move(moved)},
                        {"ConditionExpression", "attribute_not_exists(profile_name)"}}}};
    std::int64_t when = to_epoch_micros(clock_.now()) / 1000;
    bool is_taken = false;
    while (true) {
        entry["epoctime"] = when;
        Json items = Json::array({remove});
        if (!is_taken) items.push_back(put);
        items.push_back({{"Put",
                          {{"TableName", kHistoryTable},
                           {"Item", to_item(entry)},
                           {"ConditionExpression", "attribute_not_exists(profile_name)"}}}});
        try {
            cloud_.call("dynamodb", "TransactWriteItems", {{"TransactItems", std::move(items)}});
            return true;
        } catch (const Error& e) {
            if (e.code() != "TransactionCanceledException") throw;
            const Json* reasons = find(e.members(), "CancellationReasons");
            if (reasons == nullptr || !reasons->is_array() || reasons->empty()) throw;
            const auto failed = [&](std::size_t i) {
                return i < reasons->size() &&
                       string_or((*reasons)[i], "Code", "") == "ConditionalCheckFailed";
            };
            if (failed(0)) return false;  // changed or moved by somebody else meanwhile
            if (!is_taken && failed(1)) {
                // Another spelling of the name has the row. This one's home stays in the history,
                // as its oldest, since nobody knows when it was in use.
                is_taken = true;
                when = 1;
            } else if (failed(reasons->size() - 1)) {
                ++when;
            } else {
                throw Error(ErrorCategory::Unavailable, e.code(), e.message());
            }
        }
    }
}

}  // namespace lifeboat::recovery
