// Query and Scan, through the local cloud; compared with a slow and obvious model on random input.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

class Reads : public testing::LocalCloudTest {
  protected:
    void create(const std::string& projection = R"({"ProjectionType": "ALL"})") {
        ok("dynamodb", "CreateTable",
           parse_json(R"({"TableName": "runs", "BillingMode": "PAY_PER_REQUEST",
               "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                        {"AttributeName": "sk", "AttributeType": "N"},
                                        {"AttributeName": "gh", "AttributeType": "S"},
                                        {"AttributeName": "gr", "AttributeType": "S"}],
               "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                             {"AttributeName": "sk", "KeyType": "RANGE"}],
               "GlobalSecondaryIndexes": [{"IndexName": "global",
                  "KeySchema": [{"AttributeName": "gh", "KeyType": "HASH"},
                                {"AttributeName": "gr", "KeyType": "RANGE"}],
                  "Projection": )" +
                          projection + R"(}],
               "LocalSecondaryIndexes": [{"IndexName": "local",
                  "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                                {"AttributeName": "gr", "KeyType": "RANGE"}],
                  "Projection": {"ProjectionType": "KEYS_ONLY"}}]})",
                      "table"));
    }
    static Json s(const std::string& text) { return {{"S", text}}; }
    static Json n(const std::string& number) { return {{"N", number}}; }
    Json call(std::string_view operation, Json request) {
        request["TableName"] = "runs";
        return ok("dynamodb", operation, request);
    }
    std::string refused(std::string_view operation, Json request) {
        request["TableName"] = "runs";
        code_of("dynamodb", operation, request);
        return last_message;
    }
    void put(const Json& item) { call("PutItem", {{"Item", item}}); }
    // All pages.
    Json all(std::string_view operation, Json request) {
        Json items = Json::array();
        for (int page = 0; page < 10000; ++page) {
            const Json answer = call(operation, request);
            for (const Json& item : answer["Items"])
                items.push_back(item);
            if (!answer.contains("LastEvaluatedKey")) return items;
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"];
        }
        ADD_FAILURE() << "pages without end";
        return items;
    }
    static Json query(const std::string& condition, const Json& values) {
        return {{"KeyConditionExpression", condition}, {"ExpressionAttributeValues", values}};
    }
};

TEST_F(Reads, QueriesAgreeWithAPlainModelOnRandomInput) {
    const std::uint64_t seed = SystemRandom().next();
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom draw(seed);
    const auto below = [&](std::uint64_t end) { return draw.next() % end; };
    create();
    std::map<std::pair<std::string, int>, Json> model;
    const auto text = [&] { return std::string(below(3), 'a') + (below(2) ? "b" : "ab"); };
    for (int i = 0; i < 400; ++i) {
        const std::string pk = "p" + std::to_string(below(4));
        const int sk = static_cast<int>(below(60)) - 30;
        Json item = {{"pk", s(pk)}, {"sk", n(std::to_string(sk))}};
        if (below(4) != 0) item["gh"] = s("g" + std::to_string(below(3)));
        if (below(4) != 0) item["gr"] = s(text());
        item["v"] = n(std::to_string(below(10)));
        if (below(5) == 0) {
            call("DeleteItem", {{"Key", {{"pk", item["pk"]}, {"sk", item["sk"]}}}});
            model.erase({pk, sk});
        } else {
            put(item);
            model[{pk, sk}] = item;
        }
    }
    const auto number = [](const Json& item) {
        return std::stoi(item["sk"]["N"].get<std::string>());
    };
    for (int round = 0; round < 300; ++round) {
        const bool on_global = below(3) == 0;
        const bool forward = below(2) == 0;
        const auto kind = below(7);
        const std::string hash =
            on_global ? "g" + std::to_string(below(3)) : "p" + std::to_string(below(4));
        Json low, high;
        if (on_global) {
            std::string a = text(), b = text();
            low = s(std::min(a, b));
            high = s(std::max(a, b));
        } else {
            const int a = static_cast<int>(below(70)) - 35, b = static_cast<int>(below(70)) - 35;
            low = n(std::to_string(std::min(a, b)));
            high = n(std::to_string(std::max(a, b)));
        }
        static const char* kConditions[] = {"",
                                            " AND r = :l",
                                            " AND r < :l",
                                            " AND r <= :l",
                                            " AND r > :l",
                                            " AND r >= :l",
                                            " AND r BETWEEN :l AND :h"};
        std::string condition = "h = :p" + std::string(kConditions[kind]);
        const auto replace = [&](char from, const std::string& to) {
            for (std::size_t at = 0; (at = condition.find(from, at)) != std::string::npos;
                 at += to.size()) {
                const bool whole = at == 0 || condition[at - 1] == ' ';
                if (whole)
                    condition.replace(at, 1, to);
                else
                    ++at;
            }
        };
        replace('h', on_global ? "gh" : "pk");
        replace('r', on_global ? "gr" : "sk");
        Json request = query(condition, {{":p", s(hash)}});
        if (kind > 0) request["ExpressionAttributeValues"][":l"] = low;
        if (kind == 6) request["ExpressionAttributeValues"][":h"] = high;
        if (on_global) request["IndexName"] = "global";
        request["ScanIndexForward"] = forward;
        const int least = static_cast<int>(below(10));
        if (below(2) == 0) {
            request["FilterExpression"] = "v >= :v";
            request["ExpressionAttributeValues"][":v"] = n(std::to_string(least));
        }
        if (below(2) == 0) request["Limit"] = 1 + below(7);

        // -1, 0, 1 as the sort key of `item` lies before, on or after `bound`.
        const auto order = [&](const Json& item, const Json& bound) {
            if (on_global)
                return item["gr"]["S"].get<std::string>().compare(bound["S"].get<std::string>());
            return number(item) - std::stoi(bound["N"].get<std::string>());
        };
        std::vector<Json> expected;
        for (const auto& [key, item] : model) {
            if (on_global && (!item.contains("gh") || !item.contains("gr"))) continue;
            if (item[on_global ? "gh" : "pk"] != s(hash)) continue;
            const int l = kind > 0 ? order(item, low) : 0;
            const bool in = kind == 0 || (kind == 1 && l == 0) || (kind == 2 && l < 0) ||
                            (kind == 3 && l <= 0) || (kind == 4 && l > 0) ||
                            (kind == 5 && l >= 0) ||
                            (kind == 6 && l >= 0 && order(item, high) <= 0);
            if (!in) continue;
            if (request.contains("FilterExpression") &&
                std::stoi(item["v"]["N"].get<std::string>()) < least)
                continue;
            expected.push_back(item);
        }
        const Json got = all("Query", request);
        ASSERT_EQ(got.size(), expected.size()) << request.dump();
        for (std::size_t i = 1; i < got.size(); ++i) {
            const int step =
                on_global ? order(got[i], got[i - 1]["gr"]) : number(got[i]) - number(got[i - 1]);
            ASSERT_TRUE(forward ? step >= 0 : step <= 0) << request.dump();
        }
        std::vector<Json> found(got.begin(), got.end());
        std::sort(found.begin(), found.end());
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(found, expected) << request.dump();
    }
    // Every way to scan finds each item once.
    std::set<Json> everything;
    for (const auto& [key, item] : model)
        everything.insert(item);
    for (const int segments : {1, 3, 16}) {
        std::set<Json> found;
        std::size_t count = 0;
        for (int segment = 0; segment < segments; ++segment)
            for (const Json& item :
                 all("Scan", {{"Segment", segment}, {"TotalSegments", segments}, {"Limit", 7}})) {
                found.insert(item);
                ++count;
            }
        EXPECT_EQ(count, model.size());
        EXPECT_EQ(found, everything);
    }
}

TEST_F(Reads, BeginsWithAndOddSortKeys) {
    ok("dynamodb", "CreateTable",
       parse_json(R"({"TableName": "odd", "BillingMode": "PAY_PER_REQUEST",
           "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "B"},
                                    {"AttributeName": "sk", "AttributeType": "S"}],
           "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                         {"AttributeName": "sk", "KeyType": "RANGE"}]})",
                  "table"));
    const Json pk = {{"B", "AP//AA=="}};
    for (const std::string& sk : {std::string("a"), std::string("a\0b", 3), std::string("ab"),
                                  std::string("a\xc3\xa4"), std::string("b")})
        ok("dynamodb", "PutItem", {{"TableName", "odd"}, {"Item", {{"pk", pk}, {"sk", s(sk)}}}});
    const auto keys = [&](const std::string& prefix) {
        Json found = Json::array();
        const Json page = ok("dynamodb", "Query",
                             {{"TableName", "odd"},
                              {"KeyConditionExpression", "pk = :p AND begins_with(sk, :s)"},
                              {"ExpressionAttributeValues", {{":p", pk}, {":s", s(prefix)}}}});
        for (const Json& item : page["Items"])
            found.push_back(item["sk"]["S"]);
        return found;
    };
    EXPECT_EQ(keys("a"), (Json{"a", std::string("a\0b", 3), "ab", "a\xc3\xa4"}));
    EXPECT_EQ(keys(std::string("a\0", 2)), (Json{std::string("a\0b", 3)}));
    EXPECT_EQ(keys("ab"), (Json{"ab"}));
    EXPECT_EQ(keys("c"), Json::array());
}

TEST_F(Reads, PagesEndAtOneMegabyteAndAtTheLimit) {
    create();
    for (int i = 0; i < 7; ++i)
        put({{"pk", s("p")}, {"sk", n(std::to_string(i))}, {"x", s(std::string(300'000, 'x'))}});
    Json page = call("Query", query("pk = :p", {{":p", s("p")}}));
    EXPECT_EQ(page["Count"], 3);
    EXPECT_EQ(page["LastEvaluatedKey"], (Json{{"pk", s("p")}, {"sk", n("2")}}));
    EXPECT_EQ(all("Query", query("pk = :p", {{":p", s("p")}})).size(), 7u);
    // The limit counts what is looked at, not what the filter lets through; and a page that ends at
    // the limit names its end even when nothing follows.
    Json request = query("pk = :p", {{":p", s("p")}, {":none", s("none")}});
    request["FilterExpression"] = "x = :none";
    request["Limit"] = 2;
    page = call("Query", request);
    EXPECT_EQ(page["Count"], 0);
    EXPECT_EQ(page["ScannedCount"], 2);
    EXPECT_EQ(page["LastEvaluatedKey"]["sk"], n("1"));
    request = query("pk = :p AND sk > :n", {{":p", s("p")}, {":n", n("5")}});
    request["Limit"] = 1;
    EXPECT_TRUE(call("Query", request).contains("LastEvaluatedKey"));
    request["Select"] = "COUNT";
    page = call("Query", request);
    EXPECT_EQ(page["Count"], 1);
    EXPECT_FALSE(page.contains("Items"));
}

TEST_F(Reads, IndexesShowWhatTheyProject) {
    create(R"({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["v"]})");
    const Json keys = {{"pk", s("p")}, {"sk", n("1")}, {"gh", s("g")}, {"gr", s("r")}};
    Json whole = keys;
    whole["v"] = s("shown");
    whole["w"] = s("hidden");
    put(whole);
    Json request = query("gh = :g", {{":g", s("g")}});
    request["IndexName"] = "global";
    Json seen = keys;
    seen["v"] = s("shown");
    EXPECT_EQ(call("Query", request)["Items"], Json::array({seen}));
    request["Select"] = "ALL_ATTRIBUTES";
    EXPECT_EQ(refused("Query", request),
              "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
              "supported for global secondary index global because its projection type is not ALL");
    request.erase("Select");
    request["ProjectionExpression"] = "w";
    EXPECT_EQ(refused("Query", request),
              "One or more parameter values were invalid: Global secondary index global does not "
              "project [w]");
    // A local index fetches the rest from the table when asked.
    request = query("pk = :p", {{":p", s("p")}});
    request["IndexName"] = "local";
    Json only_keys = keys;
    only_keys.erase("gh");
    EXPECT_EQ(call("Query", request)["Items"], Json::array({only_keys}));
    request["Select"] = "ALL_ATTRIBUTES";
    EXPECT_EQ(call("Query", request)["Items"], Json::array({whole}));
}

TEST_F(Reads, AreRefusedInDynamoDbsWords) {
    create();
    EXPECT_EQ(refused("Query", Json::object()),
              "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
              "the request.");
    Json request = query("pk = :p", {{":p", s("p")}});
    request["FilterExpression"] = "sk > :p";
    EXPECT_EQ(refused("Query", request),
              "Filter Expression can only contain non-primary key attributes: Primary key "
              "attribute: sk");
    request = query("gh = :p", {{":p", s("p")}});
    request["IndexName"] = "global";
    request["ConsistentRead"] = true;
    EXPECT_EQ(refused("Query", request),
              "Consistent reads are not supported on global secondary indexes");
    request["IndexName"] = "none";
    EXPECT_EQ(refused("Query", request), "The table does not have the specified index: none");
    request = query("pk = :p", {{":p", s("p")}});
    request["ExclusiveStartKey"] = {{"pk", s("q")}, {"sk", n("1")}};
    EXPECT_EQ(refused("Query", request),
              "The provided starting key is outside query boundaries based on provided conditions");
    request["ExclusiveStartKey"] = {{"pk", s("p")}};
    EXPECT_EQ(refused("Query", request), "The provided starting key is invalid");
    EXPECT_NE(refused("Scan", {{"Segment", 3}, {"TotalSegments", 3}}).find("zero-based"),
              std::string::npos);
    EXPECT_EQ(refused("Scan", {{"Select", "ALL_PROJECTED_ATTRIBUTES"}}),
              "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    EXPECT_EQ(refused("Scan", {{"ExpressionAttributeValues", {{":v", s("x")}}}}),
              "ExpressionAttributeValues can only be specified when using expressions: "
              "FilterExpression is null");
}

}  // namespace
}  // namespace lifeboat::local
