// Conditions: what ConditionExpression, FilterExpression and KeyConditionExpression say about an
// item.
// Source: DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions".
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "local/dynamodb/path.h"

namespace lifeboat::local::dynamodb {

struct Operand {
    enum class Kind { Path, Constant, SizeOfPath, SizeOfConstant };
    Kind kind = Kind::Constant;
    Path path;
    Value constant;
};

enum class Comparator { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };

struct Condition {
    enum class Kind {
        And,  // of all children
        Or,
        Not,  // of the one child
        Compare,
        Between,  // operands: value, lower, upper
        In,       // operands: value, candidates...
        AttributeExists,
        AttributeNotExists,
        AttributeType,
        BeginsWith,
        Contains,
    };
    Kind kind = Kind::And;
    Comparator comparator = Comparator::Equal;
    std::vector<Operand> operands;
    std::vector<Condition> children;
};

std::string_view symbol(Comparator comparator);  // "<="
// As expressions spell it: "AND", "begins_with"; a comparison is its comparator.
std::string spelling(const Condition& condition);

// `parameter` is "ConditionExpression", "FilterExpression" or "KeyConditionExpression". Throws
// Error{InvalidInput, "ValidationException"} in DynamoDB's words.
Condition parse_condition(std::string_view expression, std::string_view parameter,
                          Placeholders& placeholders);

// A comparison with an attribute that is not there, or is of another type, does not hold; except
// that it is unequal (<>) to everything.
bool holds(const Condition& condition, const Item& item);

// The top-level attributes a condition looks at.
std::set<std::string> attributes_of(const Condition& condition);

}  // namespace lifeboat::local::dynamodb
