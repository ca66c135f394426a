#include "apps/recovery/registry.h"

#include <algorithm>
#include <set>

#include "apps/recovery/item.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::recovery {
namespace {

Json key_item(const RowKey& key) {
    return {{"profile_name", {{"S", key.profile_key}}}, {"domain_name", {{"S", key.domain_key}}}};
}

Json query(std::string_view table, std::string_view profile_key) {
    return {{"TableName", table},
            {"KeyConditionExpression", "profile_name = :p"},
            {"ExpressionAttributeValues", {{":p", {{"S", profile_key}}}}},
            {"ConsistentRead", true}};
}

// An Update of TransactWriteItems or UpdateItem, built attribute by attribute. Every name goes
// through a placeholder, since many are reserved words.
class RowUpdate {
  public:
    RowUpdate(const RowKey& key, const Row* seen) {
        request_ = {{"TableName", kUserTable}, {"Key", key_item(key)}};
        if (seen == nullptr) {
            condition_ = "attribute_not_exists(" + name("profile_name") + ")";
            return;
        }
        condition_ = same("efs_sys_id", seen->home.file_system) + " AND " +
                     same("efs_uid", seen->home.uid) + " AND " +
                     (seen->revision == 0 ? "attribute_not_exists(" + name("revision") + ")"
                                          : name("revision") + " = " + value(seen->revision));
    }

    void set(const std::string& attribute, const Json& plain) {
        sets_ += (sets_.empty() ? "SET " : ", ") + name(attribute) + " = " + value(plain);
    }
    void remove(const std::string& attribute) {
        removes_ += (removes_.empty() ? " REMOVE " : ", ") + name(attribute);
    }

    Json request() && {
        request_["UpdateExpression"] = sets_ + removes_;
        request_["ConditionExpression"] = condition_;
        request_["ExpressionAttributeNames"] = std::move(names_);
        if (!values_.empty()) request_["ExpressionAttributeValues"] = std::move(values_);
        return std::move(request_);
    }

  private:
    std::string name(const std::string& attribute) {
        for (const auto& [placeholder, given] : names_.items())
            if (given == attribute) return placeholder;
        std::string placeholder = "#n" + std::to_string(names_.size());
        names_[placeholder] = attribute;
        return placeholder;
    }
    std::string value(const Json& plain) {
        std::string placeholder = ":v" + std::to_string(values_.size());
        values_[placeholder] = to_attribute(plain);
        return placeholder;
    }
    std::string same(const std::string& attribute, const std::string& text) {
        if (text.empty())
            return "(attribute_not_exists(" + name(attribute) + ") OR " + name(attribute) + " = " +
                   value(text) + ")";
        return name(attribute) + " = " + value(text);
    }

    Json request_;
    Json names_ = Json::object();
    Json values_ = Json::object();
    std::string condition_, sets_, removes_;
};

// The position of the first reason of a cancelled transaction that is a failed condition; -1 when
// it was cancelled for another reason, which a later try may not meet.
int failed_condition(const Error& error) {
    const Json* reasons = find(error.members(), "CancellationReasons");
    if (reasons == nullptr || !reasons->is_array()) return -1;
    for (std::size_t i = 0; i < reasons->size(); ++i)
        if (string_or((*reasons)[i], "Code", "") == "ConditionalCheckFailed")
            return static_cast<int>(i);
    return -1;
}

Json history_put(const Json& entry) {
    return {{"TableName", kHistoryTable},
            {"Item", to_item(entry)},
            {"ConditionExpression", "attribute_not_exists(profile_name)"}};
}

}  // namespace

void until_written(const std::function<bool()>& attempt) {
    constexpr int kAttempts = 20;
    for (int i = 0; i < kAttempts; ++i)
        if (attempt()) return;
    throw Error(ErrorCategory::Unavailable, "RegistryBusy",
                "a registry row was changed by others at each of " + std::to_string(kAttempts) +
                    " tries to write it");
}

std::vector<Row> Registry::rows_of(const Profile& profile) {
    adopt_once();
    std::vector<Row> rows;
    cloud::each_item(cloud_, "dynamodb", "Query", query(kUserTable, profile.key()),
                     [&](const Json& item) {
                         try {
                             rows.push_back(row_from(from_item(item)));
                         } catch (const Error& e) {
                             if (e.category() != ErrorCategory::InvalidInput) throw;
                         }
                         return true;
                     });
    return rows;
}

std::optional<Row> Registry::row_at(const RowKey& key) {
    const Json answer =
        cloud_.call("dynamodb", "GetItem",
                    {{"TableName", kUserTable}, {"Key", key_item(key)}, {"ConsistentRead", true}});
    const Json* item = find(answer, "Item");
    if (item == nullptr) return std::nullopt;
    try {
        return row_from(from_item(*item));
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::InvalidInput) throw;
        return std::nullopt;
    }
}

Row Registry::require_row(const Profile& profile, std::string_view domain) {
    const std::vector<Row> rows = rows_of(profile);
    for (const Row& row : rows)
        if (row.domain_id == domain && row.state != home_state::kExpected) return row;
    for (const Row& row : rows)
        if (row.key.domain_key == domain) return row;
    throw Error(ErrorCategory::NotFound, "ProfileNotRegistered",
                "the registry has no " + profile.text() + " in domain '" + std::string(domain) +
                    "'; `registry list` shows what it has, `registry seed` adds what exists");
}

void Registry::each_row(
    const std::function<void(const Row&)>& visit,
    const std::function<void(const Json& item, const std::string& why)>& visit_malformed) {
    cloud::each_item(cloud_, "dynamodb", "Scan",
                     {{"TableName", kUserTable}, {"ConsistentRead", true}}, [&](const Json& item) {
                         std::optional<Row> row;
                         try {
                             row = row_from(from_item(item));
                         } catch (const Error& e) {
                             if (e.category() != ErrorCategory::InvalidInput) throw;
                             if (visit_malformed) visit_malformed(item, e.message());
                         }
                         if (row) visit(*row);
                         return true;
                     });
}

Json Registry::history_items_of(const Profile& profile,
                                const std::vector<std::string>& former_keys) {
    // The AWS sample kept spaces under their bare name and every name as it was spelled.
    std::set<std::string> keys(former_keys.begin(), former_keys.end());
    keys.insert({profile.key(), profile.name, lower_case(profile.name)});
    Json items = Json::array();
    for (const std::string& key : keys)
        cloud::each_item(cloud_, "dynamodb", "Query", query(kHistoryTable, key),
                         [&](const Json& item) {
                             Json plain = from_item(item);
                             if (same_profile(history_entry_from(plain).profile, profile))
                                 items.push_back(std::move(plain));
                             return true;
                         });
    std::stable_sort(items.begin(), items.end(), [](const Json& a, const Json& b) {
        return history_entry_from(a).when < history_entry_from(b).when;
    });
    return items;
}

std::vector<HistoryEntry> Registry::history_of(const Profile& profile,
                                               const std::vector<std::string>& former_keys) {
    std::vector<HistoryEntry> entries;
    for (const Json& plain : history_items_of(profile, former_keys))
        entries.push_back(history_entry_from(plain));
    return entries;
}

bool Registry::write(const RowKey& key, const Row* seen, const Json& set,
                     const std::vector<std::string>& remove, const std::vector<Json>& history) {
    RowUpdate update(key, seen);
    for (const auto& [attribute, plain] : set.items())
        update.set(attribute, plain);
    update.set("revision", (seen != nullptr ? seen->revision : 0) + 1);
    update.set("updated_at", to_iso8601_millis(clock_.now()));
    for (const std::string& attribute : remove)
        update.remove(attribute);
    const Json row_update = std::move(update).request();

    // Two entries of one millisecond must not share a key.
    std::int64_t when = to_epoch_micros(clock_.now()) / 1000;
    constexpr int kTries = 1000;
    for (int i = 0; i < kTries; ++i) {
        Json items = Json::array({{{"Update", row_update}}});
        for (std::size_t n = 0; n < history.size(); ++n) {
            Json entry = history[n];
            entry["epoctime"] = when + static_cast<std::int64_t>(n);
            items.push_back({{"Put", history_put(entry)}});
        }
        try {
            cloud_.call("dynamodb", "TransactWriteItems", {{"TransactItems", std::move(items)}});
            return true;
        } catch (const Error& e) {
            if (e.code() != "TransactionCanceledException") throw;
            const int failed = failed_condition(e);
            if (failed == 0) return false;
            if (failed < 0)
                throw Error(ErrorCategory::Unavailable, e.code(), e.message())
                    .within("writing the registry row " + key.text());
            ++when;
        }
    }
    throw Error(
        ErrorCategory::Unavailable, "HistoryBusy",
        "no free history key for " + key.text() + " after " + std::to_string(kTries) + " tries");
}

void Registry::append(const Json& entry) {
    Json dated = entry;
    std::int64_t when = to_epoch_micros(clock_.now()) / 1000;
    while (true) {
        dated["epoctime"] = when++;
        try {
            cloud_.call("dynamodb", "PutItem", history_put(dated));
            return;
        } catch (const Error& e) {
            if (e.code() != "ConditionalCheckFailedException") throw;
        }
    }
}

}  // namespace lifeboat::recovery
