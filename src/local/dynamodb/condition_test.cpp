#include "local/dynamodb/condition.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "local/dynamodb/key_condition.h"
#include "local/dynamodb/projection.h"
#include "local/dynamodb/reserved_words.h"
#include "local/dynamodb/update.h"

namespace lifeboat::local::dynamodb {
namespace {

Json request() {
    return parse_json(R"({
      "ExpressionAttributeNames": {"#n": "size", "#dot": "a.b"},
      "ExpressionAttributeValues": {
        ":five": {"N": "5"}, ":nine": {"N": "9"}, ":s": {"S": "hello"}, ":he": {"S": "he"},
        ":list": {"L": []}, ":set": {"SS": ["x"]}, ":x": {"S": "x"}, ":t": {"S": "SS"},
        ":bad": {"S": "ZZ"}, ":yes": {"BOOL": true}}})",
                      "request");
}

const Item& item() {
    static const Item made = item_from_json(parse_json(R"({
      "a": {"N": "5"}, "b": {"N": "9"}, "s": {"S": "hello world"}, "tags": {"SS": ["x", "y"]},
      "l": {"L": [{"S": "x"}, {"M": {"deep": {"N": "5"}}}]}, "size": {"N": "5"},
      "m": {"M": {"k": {"S": "v"}}}, "flag": {"BOOL": true}, "a.b": {"N": "5"}})",
                                                       "item"));
    return made;
}

bool holds_for(const std::string& expression) {
    Placeholders placeholders(request());
    return holds(parse_condition(expression, "ConditionExpression", placeholders), item());
}

std::string refused(const std::string& expression) {
    try {
        Placeholders placeholders(request());
        parse_condition(expression, "ConditionExpression", placeholders);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "ValidationException");
        const std::string front = "Invalid ConditionExpression: ";
        EXPECT_TRUE(e.message().starts_with(front)) << e.message();
        return e.message().substr(front.size());
    }
    return "accepted";
}

TEST(Condition, Holds) {
    for (const std::string expression : {"a = :five",
                                         "a < b",
                                         "NOT a > b",
                                         "a <> b",
                                         "a <= :five AND b >= :nine",
                                         "a = :nine OR b = :nine",
                                         "a = :nine OR a = :five AND b = :nine",
                                         "NOT (a = :nine AND b = :nine)",
                                         "a BETWEEN :five AND :nine",
                                         "a IN (:nine, :five)",
                                         "attribute_exists(a)",
                                         "attribute_not_exists(zz)",
                                         "attribute_type(tags, :t)",
                                         "begins_with(s, :he)",
                                         "contains(s, :s)",
                                         "contains(tags, :x)",
                                         "contains(l, :x)",
                                         "size(tags) < :five",
                                         "size(s) > :nine",
                                         "l[1].deep = :five",
                                         "m.k <> :x",
                                         "#n = :five",
                                         "#dot = :five",
                                         "(a = :five)",
                                         "gone <> :five",
                                         "NOT gone = :five",
                                         "size(l) < size(s)",
                                         ":five = a",
                                         "flag = :yes",
                                         "a=:five and not(b=:five)",
                                         "a between :five and :nine and b = :nine"})
        EXPECT_TRUE(holds_for(expression)) << expression;
}

TEST(Condition, DoesNotHold) {
    for (const std::string expression :
         {"gone = :five", "gone < :five", "a = :s", "s < :five", "l[9] = :x", "m.zz = :x",
          "a.b = :five", "size(a) = :five", "contains(a, :five)", "begins_with(a, :he)",
          "NOT gone <> :five", "attribute_exists(m.zz)", "a IN (:nine)", "contains(tags, :five)",
          "gone BETWEEN :five AND :nine"})
        EXPECT_FALSE(holds_for(expression)) << expression;
}

TEST(Condition, SyntaxErrorsSayWhere) {
    EXPECT_EQ(refused(""), "The expression can not be empty;");
    EXPECT_EQ(refused("  "), "The expression can not be empty;");
    EXPECT_EQ(refused("a ="), "Syntax error; token: \"<EOF>\", near: \"=\"");
    EXPECT_EQ(refused("a = = b"), "Syntax error; token: \"=\", near: \"= = b\"");
    EXPECT_EQ(refused("a ? b"), "Syntax error; token: \"?\", near: \"a ?\"");
    EXPECT_EQ(refused("a"), "Syntax error; token: \"<EOF>\", near: \"a\"");
    EXPECT_EQ(refused("a = b = c"), "Syntax error; token: \"=\", near: \"b = c\"");
    EXPECT_EQ(refused("(a = :five"), "Syntax error; token: \"<EOF>\", near: \":five\"");
    EXPECT_EQ(refused("a = :five)"), "Syntax error; token: \")\", near: \":five)\"");
    EXPECT_EQ(refused("_a = :five"), "Syntax error; token: \"_\", near: \"_\"");
    EXPECT_EQ(refused("l[x] = :five"), "Syntax error; token: \"x\", near: \"[x]\"");
    EXPECT_EQ(refused("a IN ()"), "Syntax error; token: \")\", near: \"()\"");
}

TEST(Condition, RefusesInDynamoDbsWords) {
    EXPECT_EQ(refused("size = :five"),
              "Attribute name is a reserved keyword; reserved keyword: size");
    EXPECT_EQ(refused("#zz = :five"),
              "An expression attribute name used in the document path is not defined; attribute "
              "name: #zz");
    EXPECT_EQ(refused("a = :zz"),
              "An expression attribute value used in expression is not defined; attribute value: "
              ":zz");
    EXPECT_EQ(refused("nothing(a)"), "Invalid function name; function: nothing");
    EXPECT_EQ(refused("list_append(a, b)"),
              "The function is not allowed in a condition expression; function: list_append");
    EXPECT_EQ(refused("attribute_exists(a, b)"),
              "Incorrect number of operands for operator or function; operator or function: "
              "attribute_exists, number of operands: 2");
    EXPECT_EQ(refused("attribute_exists(:five)"),
              "Operator or function requires a document path; operator or function: "
              "attribute_exists");
    EXPECT_EQ(refused("begins_with(s, :five)"),
              "Incorrect operand type for operator or function; operator or function: "
              "begins_with, operand type: N");
    EXPECT_EQ(refused("a < :list"),
              "Incorrect operand type for operator or function; operator or function: <, operand "
              "type: L");
    EXPECT_EQ(refused("attribute_type(a, :bad)"),
              "Invalid attribute type name found; type: ZZ, valid types: "
              "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
    EXPECT_EQ(refused("size(a)"),
              "The function is not allowed to be used this way in an expression; function: size");
    EXPECT_EQ(refused("attribute_exists(a) = :five"),
              "The function is not allowed to be used this way in an expression; function: "
              "attribute_exists");
    EXPECT_EQ(refused("a BETWEEN :nine AND :five"),
              "The BETWEEN operator requires upper bound to be greater than or equal to lower "
              "bound; lower bound operand: AttributeValue: {N:9}, upper bound operand: "
              "AttributeValue: {N:5}");
    EXPECT_EQ(refused("a BETWEEN :five AND :s"),
              "The BETWEEN operator requires same data type for lower and upper bounds; lower "
              "bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: "
              "{S:hello}");
    EXPECT_EQ(refused("a = a"),
              "The first operand must be distinct from the remaining operands for this operator "
              "or function; operator: =, first operand: [a]");
    EXPECT_EQ(refused("((a = :five))"), "The expression has redundant parentheses;");
}

TEST(Condition, HostileExpressionsAreRefusedNotSuffered) {
    EXPECT_NE(refused(std::string(2000, '(') + "a" + std::string(2000, ')')), "accepted");
    EXPECT_NE(refused(std::string(2040, '(')), "accepted");
    std::string nots;
    for (int i = 0; i < 1000; ++i)
        nots += "NOT ";
    EXPECT_NE(refused(nots + "a = b"), "accepted");
    std::string ors = "a = b";
    for (int i = 0; i < 301; ++i)
        ors += " OR a=b";
    EXPECT_NE(refused(ors).find("too many operators"), std::string::npos);
    EXPECT_EQ(refused("a = " + std::string(5000, 'b')),
              "Expression size has exceeded the maximum allowed size; expression size: 5004");
    std::string path = "a";
    for (int i = 0; i < 40; ++i)
        path += ".b";
    EXPECT_NE(refused(path + " = :five").find("too many nesting elements"), std::string::npos);
    std::string in = "a IN (:five";
    for (int i = 0; i < 100; ++i)
        in += ",:five";
    EXPECT_NE(refused(in + ")").find("number of operands: 101"), std::string::npos);
    EXPECT_NE(refused("l[99999999999999999999] = :five"), "accepted");
    EXPECT_NE(refused(std::string("a = b\0c", 7)), "accepted");
    EXPECT_NE(refused("size(size(size(a))) = :five"), "accepted");
    EXPECT_NE(refused("\xc3\xa4 = :five"), "accepted");
}

TEST(Condition, RandomWordsAreReadOrRefused) {
    const std::uint64_t seed = SystemRandom().next();
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const std::vector<std::string> words = {"a",
                                            "b.c",
                                            "l[1]",
                                            "#n",
                                            "#dot",
                                            ":five",
                                            ":s",
                                            ":list",
                                            "=",
                                            "<>",
                                            "<",
                                            ">=",
                                            "(",
                                            ")",
                                            ",",
                                            "AND",
                                            "OR",
                                            "NOT",
                                            "BETWEEN",
                                            "IN",
                                            "size(",
                                            "contains(",
                                            "begins_with(",
                                            "attribute_exists(",
                                            "attribute_type(",
                                            ".",
                                            "[",
                                            "]",
                                            "+",
                                            "-",
                                            "SET",
                                            "REMOVE",
                                            "ADD",
                                            "DELETE",
                                            "if_not_exists(",
                                            "list_append(",
                                            "size",
                                            "0",
                                            "?",
                                            "\xff",
                                            ""};
    int read = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string expression;
        for (auto count = 1 + random.next() % 12; count > 0; --count)
            expression += words[random.next() % words.size()] + (random.next() % 3 ? " " : "");
        const auto attempt = [&](const auto& parse) {
            try {
                Placeholders placeholders(request());
                parse(placeholders);
                ++read;
            } catch (const Error& e) {
                ASSERT_EQ(e.code(), "ValidationException") << expression;
            }
        };
        attempt([&](Placeholders& placeholders) {
            holds(parse_condition(expression, "FilterExpression", placeholders), item());
        });
        attempt([&](Placeholders& placeholders) {
            apply_update(parse_update("SET " + expression, placeholders), item());
        });
        attempt([&](Placeholders& placeholders) {
            Projection::parse(expression, placeholders).of(item());
        });
    }
    EXPECT_GT(read, 100);
}

TEST(Placeholders, UnusedAndMalformedOnesAreRefused) {
    const auto check = [](const Json& given, const std::string& expression,
                          std::string_view absent) {
        try {
            Placeholders placeholders(given);
            if (!expression.empty())
                parse_condition(expression, "ConditionExpression", placeholders);
            placeholders.check_all_used(absent);
        } catch (const Error& e) {
            return e.message();
        }
        return std::string();
    };
    const Json names = {{"ExpressionAttributeNames", {{"#a", "x"}, {"#b", "y"}}}};
    EXPECT_EQ(check(names, "attribute_exists(#a)", ""),
              "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}");
    EXPECT_EQ(check(names, "", "ConditionExpression is null"),
              "ExpressionAttributeNames can only be specified when using expressions");
    const Json values = {{"ExpressionAttributeValues", {{":a", {{"S", "x"}}}}}};
    EXPECT_EQ(check(values, "attribute_exists(c)", ""),
              "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}");
    EXPECT_EQ(check(values, "", "ConditionExpression is null"),
              "ExpressionAttributeValues can only be specified when using expressions: "
              "ConditionExpression is null");
    EXPECT_EQ(check({{"ExpressionAttributeValues", Json::object()}}, "", ""),
              "ExpressionAttributeValues must not be empty");
    EXPECT_EQ(check({{"ExpressionAttributeNames", {{"a", "x"}}}}, "", ""),
              "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
    EXPECT_EQ(check({{"ExpressionAttributeValues", {{":a", Json::object()}}}}, "", ""),
              "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, "
              "must contain exactly one of the supported datatypes for key :a");
}

TEST(ReservedWords, AreComparedWithoutCase) {
    EXPECT_TRUE(is_reserved_word("ABORT"));
    EXPECT_TRUE(is_reserved_word("zone"));
    EXPECT_TRUE(is_reserved_word("Status"));
    EXPECT_FALSE(is_reserved_word("profile_name"));
    EXPECT_FALSE(is_reserved_word(std::string(10000, 'A')));
}

TEST(Projection, TakesTheNamedPartsOnly) {
    const auto project = [](const std::string& expression) {
        Placeholders placeholders(request());
        return item_to_json(Projection::parse(expression, placeholders).of(item()));
    };
    EXPECT_EQ(project("a, m.k, gone, m.nix"),
              parse_json(R"({"a":{"N":"5"},"m":{"M":{"k":{"S":"v"}}}})", "expected"));
    EXPECT_EQ(project("l[1].deep, l[0]"),
              parse_json(R"({"l":{"L":[{"S":"x"},{"M":{"deep":{"N":"5"}}}]}})", "expected"));
    EXPECT_EQ(project("m.nix"), Json::object());
    EXPECT_EQ(project("a[0], tags.x"), Json::object());
    try {
        project("m, m.k");
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.message(),
                  "Invalid ProjectionExpression: Two document paths overlap with each other; must "
                  "remove or rewrite one of these paths; path one: [m], path two: [m, k]");
    }
    EXPECT_THROW(project("a,"), Error);
    EXPECT_THROW(project("a b"), Error);
    EXPECT_THROW(project("m.k, m[0]"), Error);
}

TEST(KeyCondition, IsRefusedInDynamoDbsWords) {
    const KeySchema schema{{"id", Type::S}, KeyAttribute{"stamp", Type::N}};
    const auto refusal_of = [&](const std::string& expression) {
        Json given = request();
        try {
            Placeholders placeholders(given);
            parse_key_condition(expression, schema, placeholders);
        } catch (const Error& e) {
            return e.message();
        }
        return std::string("accepted");
    };
    EXPECT_EQ(refusal_of("id = :s"), "accepted");
    EXPECT_EQ(refusal_of(":s = id AND :five < stamp"), "accepted");
    EXPECT_EQ(refusal_of("id = :s AND (stamp BETWEEN :five AND :nine)"), "accepted");
    EXPECT_EQ(refusal_of("stamp = :five"), "Query condition missed key schema element: id");
    EXPECT_EQ(refusal_of("id > :s"), "Query key condition not supported");
    EXPECT_EQ(refusal_of("id = :s AND extra = :five"),
              "Query condition missed key schema element: stamp");
    EXPECT_EQ(refusal_of("id = :s OR stamp = :five"),
              "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: "
              "OR");
    EXPECT_EQ(refusal_of("id = :s AND stamp <> :five"),
              "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: "
              "<>");
    EXPECT_EQ(refusal_of("id = :s AND attribute_exists(stamp)"),
              "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: "
              "attribute_exists");
    EXPECT_EQ(refusal_of("id = :five"),
              "One or more parameter values were invalid: Condition parameter type does not match "
              "schema type");
    EXPECT_EQ(refusal_of("id = :s AND stamp > :five AND stamp < :nine"),
              "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one "
              "condition per key");
    EXPECT_EQ(refusal_of("id.x = :s"),
              "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on "
              "nested attributes");
    EXPECT_NE(refusal_of("size(id) = :five"), "accepted");
    EXPECT_NE(refusal_of("id = stamp"), "accepted");
}

}  // namespace
}  // namespace lifeboat::local::dynamodb
