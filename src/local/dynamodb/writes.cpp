#include "local/dynamodb/writes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kLegacy = {
    {{"Expected", "ConditionExpression"},
     {"ConditionalOperator", "AND and OR in an expression"},
     {"AttributeUpdates", "UpdateExpression"},
     {"KeyConditions", "KeyConditionExpression"},
     {"QueryFilter", "FilterExpression"},
     {"ScanFilter", "FilterExpression"}}};

void check_size(const Item& item, bool is_update) {
    if (item_size(item) > kMaxItemSize)
        throw refusal(is_update ? "Item size to update has exceeded the maximum allowed size"
                                : "Item size has exceeded the maximum allowed size");
}

void check_update_leaves_keys(const Table& table, const Update& update) {
    const auto names = names_of(table.keys);
    for (const Path& path : update.paths())
        if (std::find(names.begin(), names.end(), path.attribute()) != names.end())
            throw invalid_parameter("Cannot update attribute " + path.attribute() +
                                    ". This attribute is part of the key");
}

void set_item(Change& change, const Json& json) {
    change.item = item_from_json(json);
    if (change.kind == Change::Kind::Put) {
        check_item(*change.table, change.item);
        check_size(change.item, false);
    } else {
        change.item = check_key(*change.table, std::move(change.item));
    }
    change.key = row_key(change.table->keys, change.item);
}

// Removing from an item that is not there does not make one.
bool only_removes(const Update& update) {
    return update.set.empty() && update.add.empty() &&
           (!update.remove.empty() || !update.remove_from_set.empty());
}

}  // namespace

void refuse_legacy(const Json& request) {
    for (const auto& [member, replacement] : kLegacy)
        if (const Json* given = find(request, member); given != nullptr && !given->is_null())
            throw refusal("'" + std::string(member) +
                          "' is a legacy parameter which is not offered here; use " +
                          std::string(replacement));
}

Change parse_change(Transaction& tx, Tables& tables, Change::Kind kind, const Json& request) {
    refuse_legacy(request);
    Change change;
    change.kind = kind;
    Placeholders placeholders(request);
    const auto condition = find_string(request, "ConditionExpression");
    const auto update = find_string(request, "UpdateExpression");
    if (update) change.update = parse_update(*update, placeholders);
    if (condition)
        change.condition = parse_condition(*condition, "ConditionExpression", placeholders);
    const std::string_view absent = condition || update ? ""
                                    : kind == Change::Kind::Update
                                        ? "UpdateExpression and ConditionExpression are null"
                                        : "ConditionExpression is null";
    placeholders.check_all_used(absent);
    change.shows_item_on_failure =
        string_or(request, "ReturnValuesOnConditionCheckFailure", "NONE") == "ALL_OLD";

    change.table = tables.require(tx, require_string(request, "TableName"));
    set_item(change, lifeboat::require(request, kind == Change::Kind::Put ? "Item" : "Key"));
    if (change.update) check_update_leaves_keys(*change.table, *change.update);
    return change;
}

Change plain_change(std::shared_ptr<const Table> table, Change::Kind kind, const Json& content) {
    Change change;
    change.kind = kind;
    change.table = std::move(table);
    set_item(change, content);
    return change;
}

Changed perform(Transaction& tx, Items& items, const Change& change) {
    const Table& table = *change.table;
    Changed changed;
    changed.before = items.get(tx, table, change.key);
    if (change.condition) {
        static const Item nothing;
        if (!holds(*change.condition, changed.before ? *changed.before : nothing)) {
            Json members = Json::object();
            if (change.shows_item_on_failure && changed.before)
                members["Item"] = item_to_json(*changed.before);
            throw Error(ErrorCategory::InvalidInput, "ConditionalCheckFailedException",
                        "The conditional request failed", std::move(members));
        }
    }
    switch (change.kind) {
        case Change::Kind::Check:
            changed.after = changed.before;
            return changed;
        case Change::Kind::Delete:
            break;
        case Change::Kind::Put:
            changed.after = change.item;
            break;
        case Change::Kind::Update:
            if (!changed.before && change.update && only_removes(*change.update)) return changed;
            changed.after = changed.before ? *changed.before : change.item;
            if (change.update) {
                changed.after = apply_update(*change.update, *changed.after);
                check_item(table, *changed.after);
                check_size(*changed.after, true);
            }
            break;
    }
    items.replace(tx, table, change.key, changed.before ? &*changed.before : nullptr,
                  changed.after ? &*changed.after : nullptr, Actor::Caller);
    return changed;
}

Json returned_values(const Change& change, const Changed& changed, std::string_view wanted) {
    const bool old = wanted == "ALL_OLD" || wanted == "UPDATED_OLD";
    const auto& item = old ? changed.before : changed.after;
    if (wanted == "NONE" || !item) return nullptr;
    Item shown = *item;
    if (wanted.starts_with("UPDATED_")) {
        if (!change.update) return nullptr;
        static const Item nothing;
        const Item& before = changed.before ? *changed.before : nothing;
        shown = Projection(old ? change.update->paths() : paths_after(*change.update, before))
                    .of(*item);
    }
    return shown.empty() ? Json(nullptr) : item_to_json(shown);
}

}  // namespace lifeboat::local::dynamodb
