#include "local/dynamodb/table_request.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::size_t kMaxGlobalIndexes = 20;
constexpr std::size_t kMaxLocalIndexes = 5;
constexpr std::size_t kMaxIncluded = 100;  // over all indexes

std::string listed(const std::vector<std::string>& names) {
    std::string out = "[";
    for (const std::string& name : names)
        out += (out.size() > 1 ? ", " : "") + name;
    return out + "]";
}

std::vector<std::string> names_of(const std::vector<KeyAttribute>& attributes) {
    std::vector<std::string> names;
    for (const KeyAttribute& attribute : attributes)
        names.push_back(attribute.name);
    return names;
}

KeySchema keys_from_request(const Json& json, const std::vector<KeyAttribute>& attributes,
                            bool is_index) {
    std::vector<KeyAttribute> keys;
    std::vector<std::string> unknown;
    for (const Json& element : json) {
        const std::string name = require_string(element, "AttributeName");
        const bool is_hash = require_string(element, "KeyType") == "HASH";
        if (is_hash != keys.empty() && unknown.empty())
            throw refusal(keys.empty()
                              ? "Invalid KeySchema: The first KeySchemaElement is not a HASH key "
                                "type"
                              : "Invalid KeySchema: The second KeySchemaElement is not a RANGE key "
                                "type");
        const auto it = std::find_if(attributes.begin(), attributes.end(),
                                     [&](const KeyAttribute& one) { return one.name == name; });
        if (it == attributes.end()) unknown.push_back(name);
        keys.push_back({name, it == attributes.end() ? Type::S : it->type});
    }
    if (!unknown.empty())
        throw invalid_parameter(
            "Some index key attributes are not defined in "
            "AttributeDefinitions. Keys: " +
            listed(unknown) + ", AttributeDefinitions: " + listed(names_of(attributes)));
    if (keys.empty() || keys.size() > 2)
        throw refusal("Invalid KeySchema: it has one HASH key and at most one RANGE key");
    if (keys.size() == 2 && keys[0].name == keys[1].name)
        throw refusal(std::string(is_index ? "One or more parameter values were invalid: " : "") +
                      "Both the Hash Key and the Range Key element in the KeySchema have the same "
                      "name");
    KeySchema schema{keys[0], std::nullopt};
    if (keys.size() == 2) schema.range = keys[1];
    return schema;
}

void set_projection(Index& index, const Json& json) {
    const std::string type = string_or(json, "ProjectionType", "");
    const Json* included = find(json, "NonKeyAttributes");
    const bool has_included = included != nullptr && !included->is_null();
    if (type.empty()) throw invalid_parameter("Unknown ProjectionType: null");
    index.projected = type == "ALL"         ? Index::Projected::All
                      : type == "KEYS_ONLY" ? Index::Projected::KeysOnly
                                            : Index::Projected::Include;
    if (index.projected == Index::Projected::Include && !has_included)
        throw invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    if (index.projected != Index::Projected::Include && has_included)
        throw invalid_parameter("ProjectionType is " + type +
                                ", but NonKeyAttributes is specified");
    if (has_included) index.included = included->get<std::vector<std::string>>();
}

Throughput throughput_from_request(const Json& json) {
    return {require_integer(json, "ReadCapacityUnits"),
            require_integer(json, "WriteCapacityUnits")};
}

Index local_index_from_request(const Json& json, const Table& table) {
    Index index;
    index.name = require_string(json, "IndexName");
    index.is_global = false;
    index.keys = keys_from_request(require(json, "KeySchema"), table.attributes, true);
    if (!table.keys.range)
        throw invalid_parameter(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex");
    if (!index.keys.range)
        throw invalid_parameter("Index KeySchema does not have a range key for index: " +
                                index.name);
    if (index.keys.hash != table.keys.hash)
        throw invalid_parameter(
            "Index KeySchema does not have the same leading hash key as table "
            "KeySchema for index: " +
            index.name + ". index hash key: " + index.keys.hash.name +
            ", table hash key: " + table.keys.hash.name);
    set_projection(index, require(json, "Projection"));
    return index;
}

void refuse(const Json& request, std::string_view member, std::string_view reason) {
    const Json* given = find(request, member);
    if (given != nullptr && !given->is_null())
        throw refusal("'" + std::string(member) + "' is not offered here: " + std::string(reason));
}

}  // namespace

void check_table_name(const std::string& name) {
    if (name.size() < 3 || name.size() > 255)
        throw refusal(
            "TableName must be at least 3 characters long and at most 255 characters long");
    const bool valid = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
    if (!valid)
        throw refusal("1 validation error detected: Value '" + name +
                      "' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
                      "expression pattern: [a-zA-Z0-9_.-]+");
}

void refuse_unoffered(const Json& request) {
    for (const char* member : {"WarmThroughput", "OnDemandThroughput"})
        refuse(request, member, "nothing is throttled on this machine");
    for (const char* member :
         {"GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "ReplicaUpdates",
          "MultiRegionConsistency", "GlobalTableWitnessUpdates"})
        refuse(request, member, "there is one region; global tables need DynamoDB itself");
    for (const char* member : {"VectorIndexes", "VectorIndexUpdates"})
        refuse(request, member, "vector search needs DynamoDB itself");
    refuse(request, "ResourcePolicy", "there are no resource policies here");
    if (const Json* encryption = find(request, "SSESpecification"))
        if (bool_or(*encryption, "Enabled", false))
            throw refusal(
                "'SSESpecification' with Enabled is not offered here: encrypt the disk that holds "
                "the data directory");
}

std::vector<KeyAttribute> attributes_from_request(const Json& definitions) {
    std::vector<KeyAttribute> attributes;
    for (const Json& definition : definitions) {
        const std::string name = require_string(definition, "AttributeName");
        for (const KeyAttribute& other : attributes)
            if (other.name == name)
                throw invalid_parameter("Cannot have two attributes with the same name: " + name);
        attributes.push_back(
            {name, type_named(require_string(definition, "AttributeType")).value()});
    }
    return attributes;
}

Index global_index_from_request(const Json& json, const std::vector<KeyAttribute>& attributes,
                                bool is_provisioned) {
    refuse_unoffered(json);
    Index index;
    index.name = require_string(json, "IndexName");
    index.keys = keys_from_request(require(json, "KeySchema"), attributes, true);
    set_projection(index, require(json, "Projection"));
    const Json* throughput = find(json, "ProvisionedThroughput");
    const bool has_throughput = throughput != nullptr && !throughput->is_null();
    if (is_provisioned && !has_throughput)
        throw invalid_parameter("ProvisionedThroughput is not specified for index: " + index.name);
    if (!is_provisioned && has_throughput)
        throw invalid_parameter("ProvisionedThroughput should not be specified for index: " +
                                index.name + " when BillingMode is PAY_PER_REQUEST");
    if (has_throughput) index.throughput = throughput_from_request(*throughput);
    return index;
}

void set_billing(Table& table, const Json& request) {
    const std::string mode =
        string_or(request, "BillingMode", table.is_provisioned ? "PROVISIONED" : "PAY_PER_REQUEST");
    const Json* throughput = find(request, "ProvisionedThroughput");
    const bool has_throughput = throughput != nullptr && !throughput->is_null();
    const bool was_provisioned = table.is_provisioned;
    table.is_provisioned = mode == "PROVISIONED";
    if (!table.is_provisioned) {
        if (has_throughput)
            throw invalid_parameter(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST");
        table.throughput = {};
        for (Index& index : table.indexes)
            index.throughput = {};
        return;
    }
    if (has_throughput)
        table.throughput = throughput_from_request(*throughput);
    else if (!was_provisioned || table.throughput == Throughput{})
        throw invalid_parameter(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED");
}

void check_attributes_used(const Table& table) {
    std::vector<std::string> used = dynamodb::names_of(table.keys);
    for (const Index& index : table.indexes)
        for (std::string& name : dynamodb::names_of(index.keys))
            used.push_back(std::move(name));
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    if (used.size() == table.attributes.size()) return;
    if (table.indexes.empty())
        throw invalid_parameter(
            "Number of attributes in KeySchema does not exactly match number of attributes "
            "defined in AttributeDefinitions");
    throw invalid_parameter("Some AttributeDefinitions are not used. AttributeDefinitions: " +
                            listed(names_of(table.attributes)) + ", keys used: " + listed(used));
}

void check_index_names(const Table& table) {
    std::set<std::string> names;
    std::size_t globals = 0, included = 0;
    for (const Index& index : table.indexes) {
        if (!names.insert(index.name).second)
            throw invalid_parameter("Duplicate index name: " + index.name);
        globals += index.is_global ? 1 : 0;
        included += index.included.size();
    }
    if (globals > kMaxGlobalIndexes)
        throw invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of 20");
    if (table.indexes.size() - globals > kMaxLocalIndexes)
        throw invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    if (included > kMaxIncluded)
        throw invalid_parameter(
            "Number of NonKeyAttributes in all indexes exceeds the limit of 100");
}

std::string view_type_from_request(const Json& specification) {
    const bool is_enabled = bool_or(specification, "StreamEnabled", false);
    const std::string view = string_or(specification, "StreamViewType", "");
    if (is_enabled && view.empty())
        throw invalid_parameter("StreamViewType is required when StreamEnabled is true");
    if (!is_enabled && !view.empty())
        throw invalid_parameter("StreamViewType must not be specified when StreamEnabled is false");
    return view;
}

Table table_from_request(const Json& request) {
    refuse_unoffered(request);
    Table table;
    table.name = require_string(request, "TableName");
    check_table_name(table.name);
    table.attributes = attributes_from_request(require(request, "AttributeDefinitions"));
    table.keys = keys_from_request(require(request, "KeySchema"), table.attributes, false);
    table.is_provisioned = string_or(request, "BillingMode", "PROVISIONED") == "PROVISIONED";
    set_billing(table, request);
    const auto each_of = [&](std::string_view member, const auto& visit) {
        const Json* list = find(request, member);
        if (list == nullptr || list->is_null()) return;
        if (list->empty()) throw invalid_parameter("List of " + std::string(member) + " is empty");
        for (const Json& entry : *list)
            visit(entry);
    };
    each_of("LocalSecondaryIndexes", [&](const Json& entry) {
        table.indexes.push_back(local_index_from_request(entry, table));
    });
    each_of("GlobalSecondaryIndexes", [&](const Json& entry) {
        table.indexes.push_back(
            global_index_from_request(entry, table.attributes, table.is_provisioned));
    });
    check_index_names(table);
    check_attributes_used(table);
    table.is_protected = bool_or(request, "DeletionProtectionEnabled", false);
    table.table_class = string_or(request, "TableClass", "STANDARD");
    return table;
}

}  // namespace lifeboat::local::dynamodb
