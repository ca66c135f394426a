#include "local/dynamodb/reads.h"

#include <algorithm>

#include "base/json.h"
#include "local/dynamodb/key_bytes.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/writes.h"

namespace lifeboat::local::dynamodb {
namespace {

// A Query or Scan, understood.
struct Plan {
    std::shared_ptr<const Table> table;
    const Index* index = nullptr;
    KeyRange range;
    bool forward = true;
    bool is_consistent = false;
    bool only_counts = false;
    // A reader of a global index sees what the index projects; of a local one also the rest, when
    // it asks for it.
    bool sees_projected_only = false;
    std::int64_t limit = 0;  // 0: none
    std::optional<Condition> filter;
    std::optional<Projection> projection;

    const KeySchema& keys() const { return index == nullptr ? table->keys : index->keys; }
};

std::string index_name(const Plan& plan) {
    return std::string(plan.index->is_global ? "global" : "local") + " secondary index " +
           plan.index->name;
}

void find_index(Plan& plan, const Json& request) {
    const auto name = find_string(request, "IndexName");
    if (!name) return;
    plan.index = plan.table->index(*name);
    if (plan.index == nullptr)
        throw refusal("The table does not have the specified index: " + *name);
    if (!plan.index->is_active)
        throw refusal("Cannot read from backfilling global secondary index: " + *name);
    if (plan.index->is_global && plan.is_consistent)
        throw refusal("Consistent reads are not supported on global secondary indexes");
}

void check_projected(const Plan& plan) {
    if (plan.index == nullptr || !plan.index->is_global || !plan.projection ||
        plan.index->projected == Index::Projected::All)
        return;
    std::vector<std::string> known = names_of(plan.table->keys);
    for (const std::string& name : names_of(plan.index->keys))
        known.push_back(name);
    known.insert(known.end(), plan.index->included.begin(), plan.index->included.end());
    for (const Path& path : plan.projection->paths())
        if (std::find(known.begin(), known.end(), path.attribute()) == known.end())
            throw invalid_parameter("Global secondary index " + plan.index->name +
                                    " does not project [" + path.attribute() + "]");
}

void choose_attributes(Plan& plan, const Json& request) {
    const std::string select = string_or(request, "Select", "");
    const bool has_projection = plan.projection.has_value();
    if (select == "COUNT") plan.only_counts = true;
    if (has_projection && select == "COUNT")
        throw refusal(
            "Cannot specify the ProjectionExpression when choosing to get only the Count");
    if (has_projection && !select.empty() && select != "SPECIFIC_ATTRIBUTES")
        throw refusal("Cannot specify the ProjectionExpression when choosing to get " + select);
    if (!has_projection && select == "SPECIFIC_ATTRIBUTES")
        throw refusal(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES");
    if (select == "ALL_PROJECTED_ATTRIBUTES" && plan.index == nullptr)
        throw refusal("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    if (plan.index == nullptr) return;
    if (select == "ALL_ATTRIBUTES" && plan.index->is_global &&
        plan.index->projected != Index::Projected::All)
        throw invalid_parameter("Select type ALL_ATTRIBUTES is not supported for " +
                                index_name(plan) + " because its projection type is not ALL");
    plan.sees_projected_only =
        plan.index->is_global || (select != "ALL_ATTRIBUTES" && !has_projection);
}

Plan common_plan(Transaction& tx, Tables& tables, const Json& request) {
    refuse_legacy(request);
    Plan plan;
    plan.table = tables.require(tx, require_string(request, "TableName"));
    plan.is_consistent = bool_or(request, "ConsistentRead", false);
    plan.limit = integer_or(request, "Limit", 0);
    find_index(plan, request);
    return plan;
}

// The row key (or entry key) of ExclusiveStartKey, if there is one.
std::optional<std::string> start_key(const Plan& plan, const Json& request) {
    const Json* given = find(request, "ExclusiveStartKey");
    if (given == nullptr || given->is_null()) return std::nullopt;
    const auto invalid = [] { return refusal("The provided starting key is invalid"); };
    const Item key = item_from_json(*given);
    std::vector<KeyAttribute> wanted = {plan.table->keys.hash};
    if (plan.table->keys.range) wanted.push_back(*plan.table->keys.range);
    if (plan.index != nullptr) {
        wanted.push_back(plan.index->keys.hash);
        if (plan.index->keys.range) wanted.push_back(*plan.index->keys.range);
    }
    std::set<std::string> names;
    for (const KeyAttribute& attribute : wanted) {
        names.insert(attribute.name);
        const auto it = key.find(attribute.name);
        if (it == key.end() || it->second.type() != attribute.type) throw invalid();
    }
    if (key.size() != names.size()) throw invalid();
    const std::string item_key = row_key(plan.table->keys, key);
    if (plan.index == nullptr) return item_key;
    const auto entry = entry_key(*plan.index, key, item_key);
    if (!entry) throw invalid();
    return entry;
}

void start_after(Plan& plan, const std::string& key, std::string_view where) {
    if (key < plan.range.low || key >= plan.range.high)
        throw refusal("The provided starting key is " + std::string(where));
    if (plan.forward)
        plan.range.low = key + '\0';
    else
        plan.range.high = key;
}

std::string upper_end(std::string prefix) {
    std::string end = after_prefix(std::move(prefix));
    return end.empty() ? after_all_keys() : end;
}

KeyRange range_of(const KeyCondition& condition) {
    const std::string partition = partition_bytes(condition.hash);
    KeyRange range{partition, upper_end(partition)};
    if (!condition.range) return range;
    const RangeCondition& on_range = *condition.range;
    const auto bytes = [&](const Value& value) {
        std::string out = partition;
        append_key_part(out, value);
        return out;
    };
    switch (on_range.kind) {
        case RangeCondition::Kind::BeginsWith: {
            std::string prefix = partition;
            append_key_prefix(prefix, on_range.first);
            return {prefix, upper_end(prefix)};
        }
        case RangeCondition::Kind::Between:
            return {bytes(on_range.first), upper_end(bytes(on_range.second))};
        case RangeCondition::Kind::Compare:
            break;
    }
    const std::string key = bytes(on_range.first);
    switch (on_range.comparator) {
        case Comparator::Less:
            range.high = key;
            break;
        case Comparator::LessOrEqual:
            range.high = upper_end(key);
            break;
        case Comparator::Greater:
            range.low = upper_end(key);
            break;
        case Comparator::GreaterOrEqual:
            range.low = key;
            break;
        default:
            range = {key, upper_end(key)};
    }
    return range;
}

Json last_key(const Plan& plan, const Item& item) {
    Json key = Json::object();
    const auto add = [&](const KeySchema& keys) {
        for (const std::string& name : names_of(keys))
            key[name] = item.find(name)->second.to_json();
    };
    add(plan.table->keys);
    if (plan.index != nullptr) add(plan.index->keys);
    return key;
}

Json run(Transaction& tx, const Items& items, const Plan& plan, const Json& request) {
    Json found = Json::array();
    std::int64_t count = 0, scanned = 0;
    std::size_t bytes = 0;
    bool is_cut = false;
    Item last;
    items.each(tx, *plan.table, plan.index, plan.range, plan.forward, [&](Item item) {
        if (plan.sees_projected_only) item = projected(*plan.table, *plan.index, item);
        const std::size_t size = item_size(item);
        if (scanned > 0 && bytes + size > kMaxPageSize) {
            is_cut = true;
            return false;
        }
        bytes += size;
        ++scanned;
        if (!plan.filter || holds(*plan.filter, item)) {
            ++count;
            if (!plan.only_counts)
                found.push_back(item_to_json(plan.projection ? plan.projection->of(item) : item));
        }
        last = std::move(item);
        is_cut = scanned == plan.limit;
        return !is_cut;
    });
    Json response = {{"Count", count}, {"ScannedCount", scanned}};
    if (!plan.only_counts) response["Items"] = std::move(found);
    if (is_cut) response["LastEvaluatedKey"] = last_key(plan, last);
    Consumption consumption;
    const double units = read_units(bytes, plan.is_consistent);
    if (plan.index != nullptr)
        consumption.read_index(*plan.index, units);
    else
        consumption.read_table(units);
    add_consumption(request, *plan.table, consumption, response);
    return response;
}

}  // namespace

std::optional<Projection> projection_of(const Json& request, Placeholders& placeholders) {
    const auto expression = find_string(request, "ProjectionExpression");
    const Json* names = find(request, "AttributesToGet");
    if (names != nullptr && !names->is_null()) {
        if (expression || find(request, "FilterExpression") != nullptr ||
            find(request, "KeyConditionExpression") != nullptr)
            throw refusal(
                "Can not use both expression and non-expression parameters in the same request: "
                "Non-expression parameters: {AttributesToGet} Expression parameters: "
                "{ProjectionExpression, FilterExpression, KeyConditionExpression}");
        std::vector<Path> paths;
        for (const Json& name : *names) {
            Path path{{name.get<std::string>()}};
            if (std::find(paths.begin(), paths.end(), path) != paths.end())
                throw invalid_parameter("Duplicate value in attribute name: " + path.attribute());
            paths.push_back(std::move(path));
        }
        return Projection(std::move(paths));
    }
    if (!expression) return std::nullopt;
    return Projection::parse(*expression, placeholders);
}

Json query(Transaction& tx, Tables& tables, const Items& items, const Json& request) {
    Plan plan = common_plan(tx, tables, request);
    plan.forward = bool_or(request, "ScanIndexForward", true);
    const auto key_expression = find_string(request, "KeyConditionExpression");
    if (!key_expression)
        throw refusal(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request.");
    Placeholders placeholders(request);
    const KeyCondition condition = parse_key_condition(*key_expression, plan.keys(), placeholders);
    if (const auto filter = find_string(request, "FilterExpression")) {
        plan.filter = parse_condition(*filter, "FilterExpression", placeholders);
        const auto attributes = attributes_of(*plan.filter);
        for (const std::string& name : names_of(plan.keys()))
            if (attributes.contains(name))
                throw refusal(
                    "Filter Expression can only contain non-primary key attributes: Primary key "
                    "attribute: " +
                    name);
    }
    plan.projection = projection_of(request, placeholders);
    placeholders.check_all_used("");
    choose_attributes(plan, request);
    check_projected(plan);
    plan.range = range_of(condition);
    if (const auto key = start_key(plan, request))
        start_after(plan, *key, "outside query boundaries based on provided conditions");
    return run(tx, items, plan, request);
}

Json scan(Transaction& tx, Tables& tables, const Items& items, const Json& request) {
    Plan plan = common_plan(tx, tables, request);
    Placeholders placeholders(request);
    const auto filter = find_string(request, "FilterExpression");
    if (filter) plan.filter = parse_condition(*filter, "FilterExpression", placeholders);
    plan.projection = projection_of(request, placeholders);
    placeholders.check_all_used(filter || find(request, "ProjectionExpression") != nullptr
                                    ? ""
                                    : "FilterExpression is null");
    choose_attributes(plan, request);
    check_projected(plan);
    plan.range = {"", after_all_keys()};
    const auto segment = find_integer(request, "Segment");
    const auto segments = find_integer(request, "TotalSegments");
    if (segment && !segments)
        throw refusal(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present");
    if (segments && !segment)
        throw refusal(
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present");
    std::string where = "invalid";
    if (segments) {
        if (*segment >= *segments)
            throw refusal(
                "The Segment parameter is zero-based and must be less than parameter "
                "TotalSegments: Segment: " +
                std::to_string(*segment) +
                " is not less than TotalSegments: " + std::to_string(*segments));
        const auto total = static_cast<std::uint32_t>(*segments);
        const auto number = static_cast<std::uint32_t>(*segment);
        plan.range.low = segment_start(number, total);
        if (number + 1 < total) plan.range.high = segment_start(number + 1, total);
        where =
            "invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
            "Segment. TotalSegments: " +
            std::to_string(total) + " Segment: " + std::to_string(number);
    }
    if (const auto key = start_key(plan, request)) start_after(plan, *key, where);
    return run(tx, items, plan, request);
}

}  // namespace lifeboat::local::dynamodb
