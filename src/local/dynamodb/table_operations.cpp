#include "local/dynamodb/table_operations.h"

#include <algorithm>

#include "base/json.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/table_request.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::int64_t kMaxNames = 100;
constexpr std::int64_t kMaxTags = 50;

Error no_table(const std::string& name) {
    return Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                 "Requested resource not found: Table: " + name + " not found");
}

Error in_use(const std::string& message) {
    return Error(ErrorCategory::AlreadyExists, "ResourceInUseException", message);
}

bool is_given(const Json& request, std::string_view member) {
    const Json* value = find(request, member);
    return value != nullptr && !value->is_null();
}

// Attribute definitions nothing uses any more.
void forget_unused_attributes(Table& table) {
    std::vector<std::string> used = names_of(table.keys);
    for (const Index& index : table.indexes)
        for (std::string& name : names_of(index.keys))
            used.push_back(std::move(name));
    std::erase_if(table.attributes, [&](const KeyAttribute& attribute) {
        return std::find(used.begin(), used.end(), attribute.name) == used.end();
    });
}

void merge_attributes(Table& table, const Json& definitions) {
    for (const KeyAttribute& attribute : attributes_from_request(definitions)) {
        const auto it =
            std::find_if(table.attributes.begin(), table.attributes.end(),
                         [&](const KeyAttribute& one) { return one.name == attribute.name; });
        if (it == table.attributes.end())
            table.attributes.push_back(attribute);
        else if (it->type != attribute.type)
            throw invalid_parameter("The type of the key attribute " + attribute.name +
                                    " cannot be changed");
    }
}

}  // namespace

std::shared_ptr<const Table> TableOperations::table_of(Transaction& tx, const Json& request) {
    const std::string name = require_string(request, "TableName");
    if (!cloud::parse_arn(name)) check_table_name(name);
    auto table = engine_.tables.find(tx, name);
    if (table == nullptr) throw no_table(name);
    return table;
}

Json TableOperations::description(Transaction& tx, const Table& table, std::string_view status) {
    const auto counts =
        tx.one("SELECT items, bytes FROM dynamodb_count WHERE table_id = ?1", {table.id},
               [](const Row& row) { return std::pair(row.integer(0), row.integer(1)); });
    return dynamodb::describe(table, status, counts ? counts->first : 0,
                              counts ? counts->second : 0);
}

Json TableOperations::create(Transaction& tx, const Json& request) {
    Table table = table_from_request(request);
    if (engine_.tables.find(tx, table.name) != nullptr)
        throw in_use("Table already exists: " + table.name);
    table.id = engine_.tables.next_id(tx);
    table.arn = cloud::arn_of(engine_.site.place, "dynamodb", "table/" + table.name);
    table.uuid = new_uuid(engine_.site.random);
    table.created = engine_.site.clock.now();
    for (Index& index : table.indexes)
        index.id = engine_.tables.next_id(tx);
    if (const Json* stream = find(request, "StreamSpecification"); stream && !stream->is_null())
        if (const std::string view = view_type_from_request(*stream); !view.empty())
            table.stream = engine_.log.open(tx, table, view, engine_.tables.next_id(tx));
    engine_.tables.insert(tx, table);
    if (const Json* tags = find(request, "Tags"); tags && !tags->is_null())
        add_tags(tx, table, *tags);
    return {{"TableDescription", description(tx, table, "CREATING")}};
}

Json TableOperations::describe(Transaction& tx, const Json& request) {
    const auto table = table_of(tx, request);
    const bool is_building = std::any_of(table->indexes.begin(), table->indexes.end(),
                                         [](const Index& index) { return !index.is_active; });
    return {{"Table", description(tx, *table, is_building ? "UPDATING" : "ACTIVE")}};
}

void TableOperations::update_stream(Transaction& tx, Table& table, const Json& specification) {
    const std::string view = view_type_from_request(specification);
    const bool had = table.enabled_stream() != nullptr;
    if (!view.empty() && had)
        throw refusal("Table already has an enabled stream: TableName: " + table.name);
    if (view.empty() && !had)
        throw refusal("Table has no stream to disable: TableName: " + table.name);
    if (view.empty()) {
        engine_.log.close(tx, *table.stream);
        table.stream->is_enabled = false;
    } else {
        table.stream = engine_.log.open(tx, table, view, engine_.tables.next_id(tx));
    }
}

void TableOperations::update_index(Transaction& tx, Table& table, const Json& change) {
    const Json* create = find(change, "Create");
    const Json* update = find(change, "Update");
    const Json* removal = find(change, "Delete");
    const auto global_index = [&](const Json& json) {
        const std::string name = require_string(json, "IndexName");
        const auto it =
            std::find_if(table.indexes.begin(), table.indexes.end(),
                         [&](const Index& index) { return index.is_global && index.name == name; });
        if (it == table.indexes.end())
            throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                        "Requested resource not found: Index: " + name + " not found");
        return it;
    };
    if ((create != nullptr) + (update != nullptr) + (removal != nullptr) != 1)
        throw invalid_parameter(
            "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null");
    if (create != nullptr) {
        Index index = global_index_from_request(*create, table.attributes, table.is_provisioned);
        if (table.index(index.name) != nullptr)
            throw refusal("Attempting to create an index which already exists: " + index.name);
        index.id = engine_.tables.next_id(tx);
        index.is_active = false;
        background_.fill_index(tx, table, index.id);
        table.indexes.push_back(std::move(index));
    } else if (update != nullptr) {
        refuse_unoffered(*update);
        const auto index = global_index(*update);
        const Json& throughput = require(*update, "ProvisionedThroughput");
        if (!table.is_provisioned)
            throw invalid_parameter(
                "ProvisionedThroughput should not be specified when BillingMode is "
                "PAY_PER_REQUEST");
        index->throughput = {require_integer(throughput, "ReadCapacityUnits"),
                             require_integer(throughput, "WriteCapacityUnits")};
    } else {
        const auto index = global_index(*removal);
        background_.purge_entries(tx, index->id);
        table.indexes.erase(index);
    }
}

Json TableOperations::update(Transaction& tx, const Json& request) {
    refuse_unoffered(request);
    Table table = *table_of(tx, request);
    static constexpr const char* kChanges[] = {
        "BillingMode",         "ProvisionedThroughput",     "GlobalSecondaryIndexUpdates",
        "StreamSpecification", "DeletionProtectionEnabled", "TableClass",
        "SSESpecification"};
    if (std::none_of(std::begin(kChanges), std::end(kChanges),
                     [&](const char* member) { return is_given(request, member); }))
        throw refusal(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
    if (is_given(request, "AttributeDefinitions"))
        merge_attributes(table, request.at("AttributeDefinitions"));
    if (is_given(request, "BillingMode") || is_given(request, "ProvisionedThroughput"))
        set_billing(table, request);
    if (is_given(request, "GlobalSecondaryIndexUpdates"))
        for (const Json& change : request.at("GlobalSecondaryIndexUpdates"))
            update_index(tx, table, change);
    check_index_names(table);
    forget_unused_attributes(table);
    if (is_given(request, "StreamSpecification"))
        update_stream(tx, table, request.at("StreamSpecification"));
    table.is_protected = bool_or(request, "DeletionProtectionEnabled", table.is_protected);
    table.table_class = string_or(request, "TableClass", table.table_class);
    engine_.tables.save(tx, table);
    return {{"TableDescription", description(tx, table, "UPDATING")}};
}

Json TableOperations::remove(Transaction& tx, const Json& request) {
    const auto table = table_of(tx, request);
    if (table->is_protected)
        throw refusal(
            "Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion protection first.");
    Json response = {{"TableDescription", description(tx, *table, "DELETING")}};
    if (const auto* stream = table->enabled_stream()) engine_.log.close(tx, *stream);
    // The rows are nobody's from now on, because their number is never used again.
    background_.purge_rows(tx, table->id);
    for (const Index& index : table->indexes)
        background_.purge_entries(tx, index.id);
    if (table->time_to_live) background_.purge_entries(tx, table->time_to_live->index_id);
    engine_.tables.remove(tx, *table);
    return response;
}

Json TableOperations::list(Transaction& tx, const Json& request) {
    const std::int64_t limit = integer_or(request, "Limit", kMaxNames);
    auto names =
        engine_.tables.names(tx, string_or(request, "ExclusiveStartTableName", ""), limit + 1);
    Json response = Json::object();
    if (static_cast<std::int64_t>(names.size()) > limit) {
        names.pop_back();
        response["LastEvaluatedTableName"] = names.back();
    }
    response["TableNames"] = std::move(names);
    return response;
}

std::shared_ptr<const Table> TableOperations::tagged_table(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "ResourceArn");
    if (!cloud::parse_arn(arn))
        throw refusal("Invalid TableArn: Invalid ResourceArn provided as input " + arn);
    auto table = engine_.tables.find(tx, arn);
    if (table == nullptr)
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                    "Requested resource not found: ResourcArn: " + arn + " not found");
    return table;
}

void TableOperations::add_tags(Transaction& tx, const Table& table, const Json& tags) {
    for (const Json& tag : tags)
        tx.run(
            "INSERT INTO dynamodb_tag (table_id, key, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            {table.id, require_string(tag, "Key"), string_or(tag, "Value", "")});
    const auto count = tx.one("SELECT count(*) FROM dynamodb_tag WHERE table_id = ?1", {table.id},
                              [](const Row& row) { return row.integer(0); });
    if (*count > kMaxTags) throw refusal("Too many tags: a table has 50 at most");
}

Json TableOperations::tag(Transaction& tx, const Json& request) {
    const auto table = tagged_table(tx, request);
    add_tags(tx, *table, require(request, "Tags"));
    return Json::object();
}

Json TableOperations::untag(Transaction& tx, const Json& request) {
    const auto table = tagged_table(tx, request);
    for (const Json& key : require(request, "TagKeys"))
        tx.run("DELETE FROM dynamodb_tag WHERE table_id = ?1 AND key = ?2",
               {table->id, key.get_ref<const std::string&>()});
    return Json::object();
}

Json TableOperations::list_tags(Transaction& tx, const Json& request) {
    const auto table = tagged_table(tx, request);
    Json tags = Json::array();
    tx.each("SELECT key, value FROM dynamodb_tag WHERE table_id = ?1 ORDER BY key", {table->id},
            [&](const Row& row) {
                tags.push_back({{"Key", row.string(0)}, {"Value", row.string(1)}});
                return true;
            });
    return {{"Tags", std::move(tags)}};
}

Json TableOperations::update_time_to_live(Transaction& tx, const Json& request) {
    Table table = *table_of(tx, request);
    const Json& wanted = require(request, "TimeToLiveSpecification");
    const std::string attribute = require_string(wanted, "AttributeName");
    const bool is_enabled = bool_or(wanted, "Enabled", false);
    if (is_enabled == table.time_to_live.has_value())
        throw refusal(is_enabled ? "TimeToLive is already enabled"
                                 : "TimeToLive is already disabled");
    if (is_enabled) {
        table.time_to_live = TimeToLive{attribute, engine_.tables.next_id(tx)};
        background_.fill_index(tx, table, table.time_to_live->index_id);
        background_.expire_items(tx, table);
    } else {
        if (table.time_to_live->attribute != attribute)
            throw refusal(
                "TimeToLive is active on a different AttributeName: current AttributeName "
                "is " +
                table.time_to_live->attribute);
        background_.purge_entries(tx, table.time_to_live->index_id);
        table.time_to_live.reset();
    }
    engine_.tables.save(tx, table);
    return {{"TimeToLiveSpecification", {{"AttributeName", attribute}, {"Enabled", is_enabled}}}};
}

Json TableOperations::describe_time_to_live(Transaction& tx, const Json& request) {
    const auto table = table_of(tx, request);
    Json description = {{"TimeToLiveStatus", table->time_to_live ? "ENABLED" : "DISABLED"}};
    if (table->time_to_live) description["AttributeName"] = table->time_to_live->attribute;
    return {{"TimeToLiveDescription", std::move(description)}};
}

Json TableOperations::describe_continuous_backups(Transaction& tx, const Json& request) {
    const std::string name = require_string(request, "TableName");
    if (engine_.tables.find(tx, name) == nullptr)
        throw Error(ErrorCategory::NotFound, "TableNotFoundException", "Table not found: " + name);
    return {{"ContinuousBackupsDescription",
             {{"ContinuousBackupsStatus", "DISABLED"},
              {"PointInTimeRecoveryDescription", {{"PointInTimeRecoveryStatus", "DISABLED"}}}}}};
}

}  // namespace lifeboat::local::dynamodb
