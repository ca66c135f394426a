#include "local/dynamodb/table.h"

#include <algorithm>

#include "base/json.h"

namespace lifeboat::local::dynamodb {
namespace {

Json to_json(const KeyAttribute& attribute) {
    return {{"name", attribute.name}, {"type", short_name(attribute.type)}};
}

KeyAttribute attribute_from_json(const Json& json) {
    return {json.at("name"), type_named(json.at("type").get_ref<const std::string&>()).value()};
}

Json to_json(const KeySchema& keys) {
    Json json = {{"hash", to_json(keys.hash)}};
    if (keys.range) json["range"] = to_json(*keys.range);
    return json;
}

KeySchema keys_from_json(const Json& json) {
    KeySchema keys;
    keys.hash = attribute_from_json(json.at("hash"));
    if (const Json* range = find(json, "range")) keys.range = attribute_from_json(*range);
    return keys;
}

Json to_json(const Throughput& throughput) {
    return {{"read", throughput.read}, {"write", throughput.write}};
}

Throughput throughput_from_json(const Json& json) {
    return {json.at("read"), json.at("write")};
}

std::string_view text_of(Index::Projected projected) {
    switch (projected) {
        case Index::Projected::All:
            return "ALL";
        case Index::Projected::KeysOnly:
            return "KEYS_ONLY";
        default:
            return "INCLUDE";
    }
}

Json to_json(const Index& index) {
    return {{"id", index.id},
            {"name", index.name},
            {"keys", to_json(index.keys)},
            {"global", index.is_global},
            {"projected", text_of(index.projected)},
            {"included", index.included},
            {"throughput", to_json(index.throughput)},
            {"active", index.is_active}};
}

Index index_from_json(const Json& json) {
    Index index;
    index.id = json.at("id");
    index.name = json.at("name");
    index.keys = keys_from_json(json.at("keys"));
    index.is_global = json.at("global");
    for (const auto projected :
         {Index::Projected::All, Index::Projected::KeysOnly, Index::Projected::Include})
        if (text_of(projected) == json.at("projected").get_ref<const std::string&>())
            index.projected = projected;
    index.included = json.at("included").get<std::vector<std::string>>();
    index.throughput = throughput_from_json(json.at("throughput"));
    index.is_active = json.at("active");
    return index;
}

Json describe(const Throughput& throughput) {
    return {{"NumberOfDecreasesToday", 0},
            {"ReadCapacityUnits", throughput.read},
            {"WriteCapacityUnits", throughput.write}};
}

Json describe(const Table& table, const Index& index) {
    Json projection = {{"ProjectionType", text_of(index.projected)}};
    if (!index.included.empty()) projection["NonKeyAttributes"] = index.included;
    Json json = {{"IndexName", index.name},
                 {"KeySchema", key_schema_json(index.keys)},
                 {"Projection", std::move(projection)},
                 {"IndexArn", table.arn + "/index/" + index.name}};
    if (index.is_global) {
        json["IndexStatus"] = index.is_active ? "ACTIVE" : "CREATING";
        if (!index.is_active) json["Backfilling"] = true;
        json["ProvisionedThroughput"] = describe(index.throughput);
    }
    return json;
}

}  // namespace

const Index* Table::index(std::string_view index_name) const {
    const auto it = std::find_if(indexes.begin(), indexes.end(),
                                 [&](const Index& one) { return one.name == index_name; });
    return it == indexes.end() ? nullptr : &*it;
}

bool Table::has_local_index() const {
    return std::any_of(indexes.begin(), indexes.end(),
                       [](const Index& one) { return !one.is_global; });
}

const StreamSettings* Table::enabled_stream() const {
    return stream && stream->is_enabled ? &*stream : nullptr;
}

Json to_json(const Table& table) {
    Json json = {{"id", table.id},
                 {"name", table.name},
                 {"arn", table.arn},
                 {"uuid", table.uuid},
                 {"created", to_epoch_micros(table.created)},
                 {"keys", to_json(table.keys)},
                 {"attributes", Json::array()},
                 {"indexes", Json::array()},
                 {"provisioned", table.is_provisioned},
                 {"throughput", to_json(table.throughput)},
                 {"protected", table.is_protected},
                 {"class", table.table_class}};
    for (const KeyAttribute& attribute : table.attributes)
        json["attributes"].push_back(to_json(attribute));
    for (const Index& index : table.indexes)
        json["indexes"].push_back(to_json(index));
    if (table.stream)
        json["stream"] = {{"id", table.stream->id},
                          {"arn", table.stream->arn},
                          {"label", table.stream->label},
                          {"view", table.stream->view_type},
                          {"enabled", table.stream->is_enabled}};
    if (table.time_to_live)
        json["ttl"] = {{"attribute", table.time_to_live->attribute},
                       {"index", table.time_to_live->index_id}};
    return json;
}

Table table_from_json(const Json& json) {
    Table table;
    table.id = json.at("id");
    table.name = json.at("name");
    table.arn = json.at("arn");
    table.uuid = json.at("uuid");
    table.created = from_epoch_micros(json.at("created"));
    table.keys = keys_from_json(json.at("keys"));
    for (const Json& attribute : json.at("attributes"))
        table.attributes.push_back(attribute_from_json(attribute));
    for (const Json& index : json.at("indexes"))
        table.indexes.push_back(index_from_json(index));
    table.is_provisioned = json.at("provisioned");
    table.throughput = throughput_from_json(json.at("throughput"));
    table.is_protected = json.at("protected");
    table.table_class = json.at("class");
    if (const Json* stream = find(json, "stream"))
        table.stream = StreamSettings{stream->at("id"), stream->at("arn"), stream->at("label"),
                                      stream->at("view"), stream->at("enabled")};
    if (const Json* ttl = find(json, "ttl"))
        table.time_to_live = TimeToLive{ttl->at("attribute"), ttl->at("index")};
    return table;
}

Json key_schema_json(const KeySchema& keys) {
    Json json = Json::array({{{"AttributeName", keys.hash.name}, {"KeyType", "HASH"}}});
    if (keys.range) json.push_back({{"AttributeName", keys.range->name}, {"KeyType", "RANGE"}});
    return json;
}

std::vector<std::string> names_of(const KeySchema& keys) {
    std::vector<std::string> names = {keys.hash.name};
    if (keys.range) names.push_back(keys.range->name);
    return names;
}

Json describe(const Table& table, std::string_view status, std::int64_t item_count,
              std::int64_t size_bytes) {
    Json json = {{"TableName", table.name},
                 {"TableArn", table.arn},
                 {"TableId", table.uuid},
                 {"TableStatus", status},
                 {"CreationDateTime", to_epoch_seconds(table.created)},
                 {"KeySchema", key_schema_json(table.keys)},
                 {"AttributeDefinitions", Json::array()},
                 {"ProvisionedThroughput", describe(table.throughput)},
                 {"ItemCount", item_count},
                 {"TableSizeBytes", size_bytes},
                 {"DeletionProtectionEnabled", table.is_protected},
                 {"TableClassSummary", {{"TableClass", table.table_class}}}};
    for (const KeyAttribute& attribute : table.attributes)
        json["AttributeDefinitions"].push_back(
            {{"AttributeName", attribute.name}, {"AttributeType", short_name(attribute.type)}});
    if (!table.is_provisioned)
        json["BillingModeSummary"] = {
            {"BillingMode", "PAY_PER_REQUEST"},
            {"LastUpdateToPayPerRequestDateTime", to_epoch_seconds(table.created)}};
    for (const Index& index : table.indexes)
        json[index.is_global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes"].push_back(
            describe(table, index));
    if (table.stream) {
        json["LatestStreamArn"] = table.stream->arn;
        json["LatestStreamLabel"] = table.stream->label;
    }
    if (const auto* stream = table.enabled_stream())
        json["StreamSpecification"] = {{"StreamEnabled", true},
                                       {"StreamViewType", stream->view_type}};
    return json;
}

Item projected(const Table& table, const Index& index, const Item& item) {
    if (index.projected == Index::Projected::All) return item;
    std::vector<std::string> names = names_of(table.keys);
    for (std::string& name : names_of(index.keys))
        names.push_back(std::move(name));
    names.insert(names.end(), index.included.begin(), index.included.end());
    Item out;
    for (const std::string& name : names)
        if (const auto it = item.find(name); it != item.end()) out.insert(*it);
    return out;
}

}  // namespace lifeboat::local::dynamodb
