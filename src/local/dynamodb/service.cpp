#include "local/dynamodb/service.h"

#include "base/json.h"
#include "local/dynamodb/background.h"
#include "local/dynamodb/capacity.h"
#include "local/dynamodb/engine.h"
#include "local/dynamodb/reads.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/table_operations.h"
#include "local/dynamodb/transactions.h"
#include "local/dynamodb/writes.h"

namespace lifeboat::local {
namespace {

using namespace dynamodb;

// Account and table limits are DynamoDB's defaults; nothing is throttled here.
constexpr std::int64_t kAccountUnits = 80000;
constexpr std::int64_t kTableUnits = 40000;
constexpr std::int64_t kEndpointCacheMinutes = 1440;

class DynamoDbService final : public Service {
  public:
    explicit DynamoDbService(Site& site)
        : engine_(site), background_(engine_), tables_(engine_, background_) {}

    std::string_view name() const override { return "dynamodb"; }

    std::vector<std::string> schema() const override {
        std::vector<std::string> steps;
        for (const auto& part :
             {Tables::schema(), Items::schema(), StreamLog::schema(), transactions_schema()})
            steps.insert(steps.end(), part.begin(), part.end());
        return steps;
    }

    void prepare() override { background_.prepare(); }
    void start() override { background_.start(); }

    std::vector<Operation> operations() override {
        std::vector<Operation> all = table_operations();
        for (Operation& operation : item_operations())
            all.push_back(std::move(operation));
        return all;
    }

  private:
    using TableHandler = Json (TableOperations::*)(Transaction&, const Json&);
    using ItemHandler = Json (*)(Transaction&, Engine&, const Json&);

    Operation::Transacted on_tables(TableHandler handler) {
        return [this, handler](Transaction& tx, const Json& request, const Caller&) {
            return (tables_.*handler)(tx, request);
        };
    }
    Operation::Transacted on_items(ItemHandler handler) {
        return [this, handler](Transaction& tx, const Json& request, const Caller&) {
            return handler(tx, engine_, request);
        };
    }

    std::vector<Operation> table_operations() {
        return {
            writes("CreateTable", on_tables(&TableOperations::create)),
            reads("DescribeTable", on_tables(&TableOperations::describe)),
            writes("UpdateTable", on_tables(&TableOperations::update)),
            writes("DeleteTable", on_tables(&TableOperations::remove)),
            reads("ListTables", on_tables(&TableOperations::list)),
            writes("TagResource", on_tables(&TableOperations::tag)),
            writes("UntagResource", on_tables(&TableOperations::untag)),
            reads("ListTagsOfResource", on_tables(&TableOperations::list_tags)),
            writes("UpdateTimeToLive", on_tables(&TableOperations::update_time_to_live)),
            reads("DescribeTimeToLive", on_tables(&TableOperations::describe_time_to_live)),
            reads("DescribeContinuousBackups",
                  on_tables(&TableOperations::describe_continuous_backups)),
            reads("DescribeLimits",
                  [](Transaction&, const Json&, const Caller&) -> Json {
                      return {{"AccountMaxReadCapacityUnits", kAccountUnits},
                              {"AccountMaxWriteCapacityUnits", kAccountUnits},
                              {"TableMaxReadCapacityUnits", kTableUnits},
                              {"TableMaxWriteCapacityUnits", kTableUnits}};
                  }),
            reads("DescribeEndpoints",
                  [this](Transaction&, const Json&, const Caller&) -> Json {
                      return {{"Endpoints",
                               {{{"Address",
                                  "dynamodb." + engine_.site.place.region + ".amazonaws.com"},
                                 {"CachePeriodInMinutes", kEndpointCacheMinutes}}}}};
                  }),
        };
    }

    std::vector<Operation> item_operations() {
        return {
            writes("PutItem", on_items(&change_item<Change::Kind::Put>)),
            writes("UpdateItem", on_items(&change_item<Change::Kind::Update>)),
            writes("DeleteItem", on_items(&change_item<Change::Kind::Delete>)),
            reads("GetItem", on_items(&get_item)),
            reads("Query",
                  [this](Transaction& tx, const Json& request, const Caller&) {
                      return query(tx, engine_.tables, engine_.items, request);
                  }),
            reads("Scan",
                  [this](Transaction& tx, const Json& request, const Caller&) {
                      return scan(tx, engine_.tables, engine_.items, request);
                  }),
            reads("BatchGetItem", on_items(&batch_get)),
            writes("BatchWriteItem", on_items(&batch_write)),
            reads("TransactGetItems", on_items(&transact_get)),
            writes("TransactWriteItems", on_items(&transact_write)),
        };
    }

    template <Change::Kind kind>
    static Json change_item(Transaction& tx, Engine& engine, const Json& request) {
        const std::string wanted = string_or(request, "ReturnValues", "NONE");
        if (kind != Change::Kind::Update && wanted != "NONE" && wanted != "ALL_OLD")
            throw refusal("ReturnValues can only be ALL_OLD or NONE");
        const Change change = parse_change(tx, engine.tables, kind, request);
        const Changed changed = perform(tx, engine.items, change);
        Json response = Json::object();
        if (Json values = returned_values(change, changed, wanted); !values.is_null())
            response["Attributes"] = std::move(values);
        if (string_or(request, "ReturnConsumedCapacity", "NONE") != "NONE") {
            Consumption consumption;
            consumption.write(*change.table, changed.before ? &*changed.before : nullptr,
                              changed.after ? &*changed.after : nullptr, 1);
            add_consumption(request, *change.table, consumption, response);
        }
        if (string_or(request, "ReturnItemCollectionMetrics", "NONE") == "SIZE")
            if (Json metrics = item_collection(tx, engine.items, *change.table, change.item);
                !metrics.is_null())
                response["ItemCollectionMetrics"] = std::move(metrics);
        return response;
    }

    static Json get_item(Transaction& tx, Engine& engine, const Json& request) {
        Placeholders placeholders(request);
        const auto projection = projection_of(request, placeholders);
        placeholders.check_all_used(projection ? "" : "ProjectionExpression is null");
        const auto table = engine.tables.require(tx, require_string(request, "TableName"));
        const Item key = check_key(*table, item_from_json(require(request, "Key")));
        const auto item = engine.items.get(tx, *table, row_key(table->keys, key));
        Json response = Json::object();
        if (item) response["Item"] = item_to_json(projection ? projection->of(*item) : *item);
        Consumption consumption;
        consumption.read_table(
            read_units(item ? item_size(*item) : 0, bool_or(request, "ConsistentRead", false)));
        add_consumption(request, *table, consumption, response);
        return response;
    }

    Engine engine_;
    Background background_;
    TableOperations tables_;
};

}  // namespace

std::unique_ptr<Service> make_dynamodb_service(Site& site) {
    return std::make_unique<DynamoDbService>(site);
}

}  // namespace lifeboat::local
