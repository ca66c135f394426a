// Operations on single items, batches and transactions, through the local cloud.
#include "base/error.h"
#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

class ItemOperations : public testing::LocalCloudTest {
  protected:
    void SetUp() override {
        ok("dynamodb", "CreateTable",
           parse_json(R"({"TableName": "users", "BillingMode": "PAY_PER_REQUEST",
               "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                        {"AttributeName": "sk", "AttributeType": "N"},
                                        {"AttributeName": "owner", "AttributeType": "S"}],
               "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                             {"AttributeName": "sk", "KeyType": "RANGE"}],
               "GlobalSecondaryIndexes": [{"IndexName": "by-owner",
                  "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                  "Projection": {"ProjectionType": "KEYS_ONLY"}}],
               "LocalSecondaryIndexes": [{"IndexName": "in-user",
                  "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                                {"AttributeName": "owner", "KeyType": "RANGE"}],
                  "Projection": {"ProjectionType": "ALL"}}]})",
                      "table"));
    }
    static Json key(const std::string& pk = "a", int sk = 1) {
        return {{"pk", {{"S", pk}}}, {"sk", {{"N", std::to_string(sk)}}}};
    }
    static Json item(const Json& more, const std::string& pk = "a", int sk = 1) {
        Json all = key(pk, sk);
        if (more.is_object()) all.update(more);
        return all;
    }
    static Json s(const std::string& text) { return {{"S", text}}; }
    static Json n(int number) { return {{"N", std::to_string(number)}}; }
    static Json on_users(Json request) {
        request["TableName"] = "users";
        return request;
    }
    Json call(std::string_view operation, Json request) {
        return ok("dynamodb", operation, on_users(std::move(request)));
    }
    std::string refused(std::string_view operation, Json request) {
        code_of("dynamodb", operation, on_users(std::move(request)));
        return last_message;
    }
    Json stored(const std::string& pk = "a", int sk = 1) {
        const Json answer = call("GetItem", {{"Key", key(pk, sk)}});
        return answer.contains("Item") ? answer["Item"] : Json(nullptr);
    }
};

TEST_F(ItemOperations, PutGetAndDelete) {
    EXPECT_EQ(call("PutItem", {{"Item", item({{"n", {{"N", "1.50"}}}})}}), Json::object());
    EXPECT_EQ(stored(), item({{"n", {{"N", "1.5"}}}}));
    EXPECT_EQ(call("PutItem", {{"Item", item({{"x", s("2")}})}, {"ReturnValues", "ALL_OLD"}}),
              (Json{{"Attributes", item({{"n", {{"N", "1.5"}}}})}}));
    EXPECT_EQ(call("GetItem", {{"Key", key()},
                               {"ProjectionExpression", "#x"},
                               {"ExpressionAttributeNames", {{"#x", "x"}}}})["Item"],
              (Json{{"x", s("2")}}));
    EXPECT_EQ(call("GetItem", {{"Key", key()}, {"AttributesToGet", {"sk"}}})["Item"],
              (Json{{"sk", n(1)}}));
    EXPECT_EQ(call("DeleteItem", {{"Key", key()}, {"ReturnValues", "ALL_OLD"}})["Attributes"]["x"],
              s("2"));
    EXPECT_EQ(stored(), nullptr);
    EXPECT_EQ(call("DeleteItem", {{"Key", key()}}), Json::object());
}

TEST_F(ItemOperations, KeysAreChecked) {
    const std::string invalid = "One or more parameter values were invalid: ";
    EXPECT_EQ(refused("PutItem", {{"Item", {{"pk", s("a")}}}}),
              invalid + "Missing the key sk in the item");
    EXPECT_EQ(refused("PutItem", {{"Item", {{"pk", n(1)}, {"sk", n(1)}}}}),
              invalid + "Type mismatch for key pk expected: S actual: N");
    EXPECT_EQ(refused("PutItem", {{"Item", item({{"owner", n(1)}})}}),
              invalid +
                  "Type mismatch for Index Key owner Expected: S Actual: N IndexName: "
                  "in-user");
    EXPECT_NE(refused("PutItem", {{"Item", item({}, "")}})
                  .find("cannot contain an empty string value. Key: pk"),
              std::string::npos);
    EXPECT_EQ(refused("GetItem", {{"Key", {{"pk", s("a")}}}}),
              "The provided key element does not match the schema");
    EXPECT_EQ(refused("GetItem", {{"Key", item({{"x", n(1)}})}}),
              "The provided key element does not match the schema");
    EXPECT_EQ(refused("PutItem", {{"Item", item({}, std::string(2049, 'k'))}}),
              invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    call("PutItem", {{"Item", item({}, std::string(2048, 'k'))}});
    EXPECT_EQ(refused("PutItem", {{"Item", item({{"x", s(std::string(409600, 'x'))}})}}),
              "Item size has exceeded the maximum allowed size");
    EXPECT_EQ(refused("UpdateItem", {{"Key", key()},
                                     {"UpdateExpression", "SET sk = :v"},
                                     {"ExpressionAttributeValues", {{":v", n(2)}}}}),
              invalid + "Cannot update attribute sk. This attribute is part of the key");
    EXPECT_EQ(refused("PutItem", {{"Item", item({})}, {"ReturnValues", "ALL_NEW"}}),
              "ReturnValues can only be ALL_OLD or NONE");
    EXPECT_NE(refused("PutItem", {{"Item", item({})}, {"Expected", {{"x", {{"Exists", false}}}}}})
                  .find("ConditionExpression"),
              std::string::npos);
}

TEST_F(ItemOperations, ConditionsGuardChanges) {
    const Json once = {{"Item", item({{"v", n(1)}})},
                       {"ConditionExpression", "attribute_not_exists(pk)"},
                       {"ReturnValuesOnConditionCheckFailure", "ALL_OLD"}};
    call("PutItem", once);
    try {
        cloud().call("dynamodb", "PutItem", on_users(once));
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "ConditionalCheckFailedException");
        EXPECT_EQ(e.message(), "The conditional request failed");
        EXPECT_EQ(e.members(), (Json{{"Item", item({{"v", n(1)}})}}));
    }
    EXPECT_EQ(code_of("dynamodb", "DeleteItem",
                      on_users({{"Key", key()},
                                {"ConditionExpression", "v > :v"},
                                {"ExpressionAttributeValues", {{":v", n(1)}}}})),
              "ConditionalCheckFailedException");
    EXPECT_NE(stored(), nullptr);
}

TEST_F(ItemOperations, UpdatesReturnWhatIsAskedFor) {
    const auto update = [&](const std::string& wanted) {
        return call("UpdateItem", {{"Key", key()},
                                   {"UpdateExpression",
                                    "SET v = if_not_exists(v, :zero) + :one, m.k = :one "
                                    "REMOVE gone"},
                                   {"ExpressionAttributeValues", {{":one", n(1)}, {":zero", n(0)}}},
                                   {"ReturnValues", wanted}});
    };
    call("PutItem", {{"Item", item({{"m", {{"M", {{"z", n(9)}}}}}, {"gone", n(1)}})}});
    const Json m = {{"M", {{"k", n(1)}, {"z", n(9)}}}};
    EXPECT_EQ(update("UPDATED_OLD"), (Json{{"Attributes", {{"gone", n(1)}}}}));
    EXPECT_EQ(update("UPDATED_NEW"),
              (Json{{"Attributes", {{"v", n(2)}, {"m", {{"M", {{"k", n(1)}}}}}}}}));
    EXPECT_EQ(update("ALL_OLD"), (Json{{"Attributes", item({{"v", n(2)}, {"m", m}})}}));
    EXPECT_EQ(update("ALL_NEW"), (Json{{"Attributes", item({{"v", n(4)}, {"m", m}})}}));
    EXPECT_EQ(update("NONE"), Json::object());
    // What is set beyond the end of a list is found at its end.
    call("PutItem", {{"Item", item({{"l", {{"L", Json::array({n(0)})}}}}, "list")}});
    EXPECT_EQ(call("UpdateItem", {{"Key", key("list")},
                                  {"UpdateExpression", "SET l[9] = :nine, l[5] = :five"},
                                  {"ExpressionAttributeValues", {{":nine", n(9)}, {":five", n(5)}}},
                                  {"ReturnValues", "UPDATED_NEW"}})["Attributes"],
              (Json{{"l", {{"L", Json::array({n(5), n(9)})}}}}));
    // An update makes the item, unless it only takes away.
    call("UpdateItem", {{"Key", key("new")}});
    EXPECT_EQ(stored("new"), key("new"));
    call("UpdateItem", {{"Key", key("none")}, {"UpdateExpression", "REMOVE v"}});
    EXPECT_EQ(stored("none"), nullptr);
}

TEST_F(ItemOperations, ReportCapacityAndCollections) {
    const Json answer =
        call("PutItem", {{"Item", item({{"owner", s("o")}, {"x", s(std::string(1500, 'x'))}})},
                         {"ReturnConsumedCapacity", "INDEXES"},
                         {"ReturnItemCollectionMetrics", "SIZE"}});
    EXPECT_EQ(answer["ConsumedCapacity"]["Table"]["CapacityUnits"], 2.0);
    EXPECT_EQ(answer["ConsumedCapacity"]["GlobalSecondaryIndexes"]["by-owner"]["CapacityUnits"],
              1.0);
    EXPECT_EQ(answer["ConsumedCapacity"]["LocalSecondaryIndexes"]["in-user"]["CapacityUnits"], 2.0);
    EXPECT_EQ(answer["ConsumedCapacity"]["CapacityUnits"], 5.0);
    EXPECT_EQ(answer["ItemCollectionMetrics"],
              (Json{{"ItemCollectionKey", {{"pk", s("a")}}}, {"SizeEstimateRangeGB", {0.0, 1.0}}}));
    EXPECT_EQ(
        call("GetItem", {{"Key", key()}, {"ReturnConsumedCapacity", "TOTAL"}})["ConsumedCapacity"],
        (Json{{"TableName", "users"}, {"CapacityUnits", 0.5}}));
}

TEST_F(ItemOperations, BatchesWriteAndGet) {
    Json writes = Json::array();
    for (int i = 0; i < 25; ++i)
        writes.push_back({{"PutRequest", {{"Item", item({{"v", n(i)}}, "b", i)}}}});
    EXPECT_EQ(ok("dynamodb", "BatchWriteItem", {{"RequestItems", {{"users", writes}}}}),
              (Json{{"UnprocessedItems", Json::object()}}));
    const Json got =
        ok("dynamodb", "BatchGetItem",
           {{"RequestItems",
             {{"users", {{"Keys", {key("b", 3), key("b", 99)}}, {"ProjectionExpression", "v"}}}}}});
    EXPECT_EQ(got["Responses"]["users"], (Json{{{"v", n(3)}}}));
    EXPECT_EQ(got["UnprocessedKeys"], Json::object());
    writes = {{{"DeleteRequest", {{"Key", key("b", 1)}}}},
              {{"PutRequest", {{"Item", item({}, "b", 1)}}}}};
    EXPECT_EQ(code_of("dynamodb", "BatchWriteItem", {{"RequestItems", {{"users", writes}}}}),
              "ValidationException");
    EXPECT_EQ(last_message, "Provided list of item keys contains duplicates");
    EXPECT_EQ(code_of("dynamodb", "BatchWriteItem", {{"RequestItems", {{"nowhere", {writes[0]}}}}}),
              "ResourceNotFoundException");
}

TEST_F(ItemOperations, ABatchGetStopsAtSixteenMegabytes) {
    Json keys = Json::array();
    for (int i = 0; i < 45; ++i) {
        call("PutItem", {{"Item", item({{"x", s(std::string(400'000, 'x'))}}, "big", i)}});
        keys.push_back(key("big", i));
    }
    const Json got =
        ok("dynamodb", "BatchGetItem", {{"RequestItems", {{"users", {{"Keys", keys}}}}}});
    const auto found = got["Responses"]["users"].size();
    EXPECT_EQ(found, 41u);
    EXPECT_EQ(got["UnprocessedKeys"]["users"]["Keys"].size(), 45 - found);
}

TEST_F(ItemOperations, TransactionsAreAllOrNothing) {
    call("PutItem", {{"Item", item({{"v", n(1)}})}});
    call("PutItem", {{"Item", item({{"v", s("text")}}, "c")}});
    Json actions = {
        {{"Put", on_users({{"Item", item({}, "p")}})}},
        {{"Update", on_users({{"Key", key("c")},
                              {"UpdateExpression", "SET v = v + :one"},
                              {"ExpressionAttributeValues", {{":one", n(1)}}}})}},
        {{"ConditionCheck", on_users({{"Key", key()},
                                      {"ConditionExpression", "v = :two"},
                                      {"ExpressionAttributeValues", {{":two", n(2)}}},
                                      {"ReturnValuesOnConditionCheckFailure", "ALL_OLD"}})}}};
    try {
        cloud().call("dynamodb", "TransactWriteItems", {{"TransactItems", actions}});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "TransactionCanceledException");
        EXPECT_EQ(e.message(),
                  "Transaction cancelled, please refer cancellation reasons for specific reasons "
                  "[None, ValidationError, ConditionalCheckFailed]");
        const Json& reasons = e.members()["CancellationReasons"];
        EXPECT_EQ(reasons[0], (Json{{"Code", "None"}}));
        EXPECT_EQ(reasons[1]["Code"], "ValidationError");
        EXPECT_EQ(reasons[2], (Json{{"Code", "ConditionalCheckFailed"},
                                    {"Message", "The conditional request failed"},
                                    {"Item", item({{"v", n(1)}})}}));
    }
    EXPECT_EQ(stored("p"), nullptr);

    actions[1] = {{"Delete", on_users({{"Key", key("c")}})}};
    actions[2]["ConditionCheck"]["ExpressionAttributeValues"][":two"] = n(1);
    const Json answer = ok("dynamodb", "TransactWriteItems",
                           {{"TransactItems", actions}, {"ReturnConsumedCapacity", "TOTAL"}});
    EXPECT_EQ(answer["ConsumedCapacity"][0]["TableName"], "users");
    EXPECT_EQ(stored("p"), key("p"));
    EXPECT_EQ(stored("c"), nullptr);
    EXPECT_EQ(ok("dynamodb", "TransactGetItems",
                 {{"TransactItems",
                   {{{"Get", on_users({{"Key", key("p")}})}},
                    {{"Get", on_users({{"Key", key("c")}})}}}}})["Responses"],
              (Json{{{"Item", key("p")}}, Json::object()}));
    actions = {{{"Delete", on_users({{"Key", key()}})}}, {{"Put", on_users({{"Item", item({})}})}}};
    EXPECT_EQ(code_of("dynamodb", "TransactWriteItems", {{"TransactItems", actions}}),
              "ValidationException");
    EXPECT_EQ(last_message, "Transaction request cannot include multiple operations on one item");
}

TEST_F(ItemOperations, ARepeatedTransactionHasNoSecondEffectForTenMinutes) {
    Json request = {{"ClientRequestToken", "once"},
                    {"TransactItems",
                     {{{"Update", on_users({{"Key", key()},
                                            {"UpdateExpression", "ADD v :one"},
                                            {"ExpressionAttributeValues", {{":one", n(1)}}}})}}}}};
    for (int i = 0; i < 3; ++i)
        ok("dynamodb", "TransactWriteItems", request);
    EXPECT_EQ(stored()["v"], n(1));
    Json other = request;
    other["TransactItems"][0]["Update"]["ExpressionAttributeValues"][":one"] = n(2);
    EXPECT_EQ(code_of("dynamodb", "TransactWriteItems", other),
              "IdempotentParameterMismatchException");
    clock.advance(std::chrono::minutes(11));
    ok("dynamodb", "TransactWriteItems", request);
    EXPECT_EQ(stored()["v"], n(2));
}

TEST_F(ItemOperations, ACancelledTransactionMayBeTriedAgainUnderItsToken) {
    const Json request = {
        {"ClientRequestToken", "again"},
        {"TransactItems",
         {{{"Put", on_users({{"Item", item({{"v", n(7)}})},
                             {"ConditionExpression", "attribute_not_exists(pk)"}})}}}}};
    call("PutItem", {{"Item", item({})}});
    EXPECT_EQ(code_of("dynamodb", "TransactWriteItems", request), "TransactionCanceledException");
    call("DeleteItem", {{"Key", key()}});
    ok("dynamodb", "TransactWriteItems", request);
    EXPECT_EQ(stored()["v"], n(7));
}

}  // namespace
}  // namespace lifeboat::local
