#include "local/dynamodb/update.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

namespace lifeboat::local::dynamodb {
namespace {

Json request() {
    return parse_json(
        R"({"ExpressionAttributeNames": {"#c": "count"}, "ExpressionAttributeValues": {
        ":one": {"N": "1"}, ":s": {"S": "text"}, ":l": {"L": [{"S": "new"}]}, ":empty": {"L": []},
        ":x": {"SS": ["x"]}, ":xz": {"SS": ["x", "z"]}, ":m": {"M": {}}, ":ns": {"NS": ["1"]}}})",
        "request");
}

Json updated(const std::string& expression, const std::string& before) {
    Placeholders placeholders(request());
    const Update update = parse_update(expression, placeholders);
    return item_to_json(apply_update(update, item_from_json(parse_json(before, "item"))));
}

std::string refused(const std::string& expression, const std::string& before = "{}") {
    try {
        updated(expression, before);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "ValidationException");
        return e.message();
    }
    return "accepted";
}

void expect_update(const std::string& expression, const std::string& before,
                   const std::string& after) {
    EXPECT_EQ(updated(expression, before), parse_json(after, "after")) << expression;
}

TEST(Update, SetsValuesFromTheItemAsItWas) {
    expect_update("SET a = :one", "{}", R"({"a":{"N":"1"}})");
    expect_update("SET a = b, b = a", R"({"a":{"N":"1"},"b":{"N":"2"}})",
                  R"({"a":{"N":"2"},"b":{"N":"1"}})");
    expect_update("SET #c = #c + :one", R"({"count":{"N":"41"}})", R"({"count":{"N":"42"}})");
    expect_update("SET a = :one - b", R"({"b":{"N":"0.1"}})",
                  R"({"a":{"N":"0.9"},"b":{"N":"0.1"}})");
    expect_update("SET a = if_not_exists(a, :s)", "{}", R"({"a":{"S":"text"}})");
    expect_update("SET a = if_not_exists(a, :s)", R"({"a":{"N":"5"}})", R"({"a":{"N":"5"}})");
    expect_update("SET #c = if_not_exists(#c, :one) + :one", "{}", R"({"count":{"N":"2"}})");
    expect_update("SET l = list_append(if_not_exists(l, :empty), :l)", "{}",
                  R"({"l":{"L":[{"S":"new"}]}})");
    expect_update("SET l = list_append(:l, l)", R"({"l":{"L":[{"S":"old"}]}})",
                  R"({"l":{"L":[{"S":"new"},{"S":"old"}]}})");
    expect_update("set a = (b + :one)", R"({"b":{"N":"1"}})", R"({"a":{"N":"2"},"b":{"N":"1"}})");
}

TEST(Update, ReachesIntoMapsAndLists) {
    expect_update("SET m.k = :s, l[0] = :one", R"({"m":{"M":{}},"l":{"L":[{"S":"a"},{"S":"b"}]}})",
                  R"({"m":{"M":{"k":{"S":"text"}}},"l":{"L":[{"N":"1"},{"S":"b"}]}})");
    expect_update("SET l[9] = :one, l[7] = :s", R"({"l":{"L":[]}})",
                  R"({"l":{"L":[{"S":"text"},{"N":"1"}]}})");
    expect_update("REMOVE l[0], l[2], m.k",
                  R"({"m":{"M":{"k":{"S":"v"}}},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}})",
                  R"({"m":{"M":{}},"l":{"L":[{"N":"1"}]}})");
    expect_update("REMOVE l[0] SET l[1] = :s", R"({"l":{"L":[{"N":"0"},{"N":"1"}]}})",
                  R"({"l":{"L":[{"S":"text"}]}})");
    expect_update("REMOVE l[3] SET l[9] = :s", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}})",
                  R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"text"}]}})");
    expect_update("REMOVE nix, m.nix, l[5]", R"({"m":{"M":{}},"l":{"L":[]}})",
                  R"({"m":{"M":{}},"l":{"L":[]}})");
}

TEST(Update, AddsAndDeletes) {
    expect_update("ADD n :one, t :x", "{}", R"({"n":{"N":"1"},"t":{"SS":["x"]}})");
    expect_update("ADD n :one, t :xz", R"({"n":{"N":"1.5"},"t":{"SS":["x","y"]}})",
                  R"({"n":{"N":"2.5"},"t":{"SS":["x","y","z"]}})");
    expect_update("DELETE t :x", R"({"t":{"SS":["x","y"]}})", R"({"t":{"SS":["y"]}})");
    expect_update("DELETE t :xz", R"({"t":{"SS":["x"]}})", "{}");
    expect_update("DELETE t :x", "{}", "{}");
    expect_update("ADD m.n :one", R"({"m":{"M":{}}})", R"({"m":{"M":{"n":{"N":"1"}}}})");
}

TEST(Update, RefusesWhatTheItemCannotBear) {
    const std::string no_attribute =
        "The provided expression refers to an attribute that does not exist in the item";
    const std::string wrong_path =
        "The document path provided in the update expression is invalid for update";
    const std::string wrong_type = "An operand in the update expression has an incorrect data type";
    EXPECT_EQ(refused("SET a = b"), no_attribute);
    EXPECT_EQ(refused("SET a = a + :one"), no_attribute);
    EXPECT_EQ(refused("SET m.k = :one"), wrong_path);
    EXPECT_EQ(refused("SET a[0] = :one", R"({"a":{"M":{}}})"), wrong_path);
    EXPECT_EQ(refused("REMOVE m.k"), wrong_path);
    EXPECT_EQ(refused("SET a = a + :one", R"({"a":{"S":"x"}})"), wrong_type);
    EXPECT_EQ(refused("SET a = list_append(a, :l)", R"({"a":{"S":"x"}})"), wrong_type);
    EXPECT_EQ(refused("ADD a :one", R"({"a":{"S":"x"}})"), wrong_type);
    EXPECT_EQ(refused("ADD a :x", R"({"a":{"NS":["1"]}})"), wrong_type);
    EXPECT_EQ(refused("DELETE a :ns", R"({"a":{"SS":["1"]}})"), wrong_type);
}

TEST(Update, RefusesInDynamoDbsWords) {
    const auto problem = [](const std::string& expression) {
        const std::string message = refused(expression);
        const std::string front = "Invalid UpdateExpression: ";
        return message.starts_with(front) ? message.substr(front.size()) : message;
    };
    EXPECT_EQ(problem(""), "The expression can not be empty;");
    EXPECT_EQ(problem("SET"), "Syntax error; token: \"<EOF>\", near: \"SET\"");
    EXPECT_EQ(problem("SET a"), "Syntax error; token: \"<EOF>\", near: \"a\"");
    EXPECT_EQ(problem("SET a = :one,"), "Syntax error; token: \"<EOF>\", near: \",\"");
    EXPECT_EQ(problem("a = :one"), "Syntax error; token: \"a\", near: \"a =\"");
    EXPECT_EQ(problem("SET a = :one + :one + :one"),
              "Syntax error; token: \"+\", near: \":one + :one\"");
    EXPECT_EQ(problem("SET a = VALUE 1"),
              "Attribute name is a reserved keyword; reserved keyword: VALUE");
    EXPECT_EQ(problem("SET a = :one SET b = :one"),
              "The \"SET\" section can only be used once in an update expression;");
    EXPECT_EQ(problem("SET a = :one REMOVE a.b"),
              "Two document paths overlap with each other; must remove or rewrite one of these "
              "paths; path one: [a], path two: [a, b]");
    EXPECT_EQ(problem("SET a.b = :one, a[0] = :one"),
              "Two document paths conflict with each other; must remove or rewrite one of these "
              "paths; path one: [a, b], path two: [a, [0]]");
    EXPECT_EQ(problem("SET a = a + :s"),
              "Incorrect operand type for operator or function; operator or function: +, operand "
              "type: S");
    EXPECT_EQ(problem("SET a = list_append(a, :s)"),
              "Incorrect operand type for operator or function; operator or function: "
              "list_append, operand type: S");
    EXPECT_EQ(problem("ADD a :s"),
              "Incorrect operand type for operator or function; operator: ADD, operand type: "
              "STRING, typeSet: ALLOWED_FOR_ADD_OPERAND");
    EXPECT_EQ(problem("DELETE a :one"),
              "Incorrect operand type for operator or function; operator: DELETE, operand type: "
              "NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND");
    EXPECT_EQ(problem("SET a = size(b)"),
              "The function is not allowed in an update expression; function: size");
    EXPECT_EQ(problem("SET a = foo(b)"), "Invalid function name; function: foo");
    EXPECT_EQ(problem("SET a = if_not_exists(:one, :one)"),
              "Operator or function requires a document path; operator or function: if_not_exists");
    EXPECT_EQ(problem("SET a = if_not_exists(b)"),
              "Incorrect number of operands for operator or function; operator or function: "
              "if_not_exists, number of operands: 1");
}

TEST(Update, HostileExpressionsAreRefusedNotSuffered) {
    std::string nested = ":l";
    for (int i = 0; i < 150; ++i)
        nested = "list_append(" + nested + ",:l)";
    EXPECT_NE(refused("SET a = " + nested), "accepted");
    EXPECT_NE(refused("SET a = " + std::string(3000, '(') + ":one"), "accepted");
    std::string many = "REMOVE a0";
    for (int i = 1; i < 400; ++i)
        many += ",a" + std::to_string(i);
    EXPECT_NE(refused(many), "accepted");
}

// A slow and obvious model: a map of counters changed one by one.
TEST(Update, AgreesWithAPlainModelOnRandomInput) {
    const std::uint64_t seed = SystemRandom().next();
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    Item item;
    std::map<std::string, long long> model;
    for (int round = 0; round < 2000; ++round) {
        const auto name = [&] { return "c" + std::to_string(random.next() % 8); };
        const std::string target = name(), source = name();
        const long long amount = static_cast<long long>(random.next() % 2001) - 1000;
        Json given = {{"ExpressionAttributeValues", {{":v", {{"N", std::to_string(amount)}}}}}};
        std::string expression;
        std::map<std::string, long long> next = model;
        bool fails = false;
        switch (random.next() % 5) {
            case 0:
                expression = "ADD " + target + " :v";
                next[target] += amount;
                break;
            case 1:
                expression = "SET " + target + " = " + source + " - :v";
                fails = !model.contains(source);
                if (!fails) next[target] = model[source] - amount;
                break;
            case 2:
                expression = "SET " + target + " = if_not_exists(" + source + ", :v) + :v";
                next[target] = (model.contains(source) ? model[source] : amount) + amount;
                break;
            case 3:
                expression = "REMOVE " + target;
                next.erase(target);
                given.clear();
                break;
            default:
                expression = "SET " + target + " = :v";
                next[target] = amount;
        }
        Placeholders placeholders(given);
        const Update update = parse_update(expression, placeholders);
        try {
            item = apply_update(update, item);
            ASSERT_FALSE(fails) << expression;
            model = next;
        } catch (const Error& e) {
            ASSERT_TRUE(fails) << expression << ": " << e.message();
        }
        ASSERT_EQ(item.size(), model.size());
        for (const auto& [key, count] : model)
            ASSERT_EQ(item.at(key).get<Number>()->text(), std::to_string(count)) << expression;
    }
}

}  // namespace
}  // namespace lifeboat::local::dynamodb
