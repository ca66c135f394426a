// Key conditions: which partition, and which part of it, a Query reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "local/dynamodb/condition.h"

namespace lifeboat::local::dynamodb {

// One attribute of a key schema.
struct KeyAttribute {
    std::string name;
    Type type = Type::S;  // S, N or B

    bool operator==(const KeyAttribute&) const = default;
};

struct KeySchema {
    KeyAttribute hash;
    std::optional<KeyAttribute> range;

    bool operator==(const KeySchema&) const = default;
};

// What the sort key must fulfil.
struct RangeCondition {
    enum class Kind { Compare, Between, BeginsWith };
    Kind kind = Kind::Compare;
    Comparator comparator = Comparator::Equal;  // never NotEqual
    Value first;
    Value second;  // upper bound of Between
};

struct KeyCondition {
    Value hash;
    std::optional<RangeCondition> range;
};

// `expression` is a KeyConditionExpression. Throws Error{InvalidInput, "ValidationException"} in
// DynamoDB's words where it is not one for this schema.
KeyCondition parse_key_condition(std::string_view expression, const KeySchema& schema,
                                 Placeholders& placeholders);

}  // namespace lifeboat::local::dynamodb
