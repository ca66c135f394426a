// Updates: what an UpdateExpression makes of an item.
//
// Every operand sees the item as it was before the update, whatever the order of the clauses.
// Source: DynamoDB Developer Guide, "Using update expressions in DynamoDB".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/dynamodb/path.h"

namespace lifeboat::local::dynamodb {

// The right side of SET.
struct UpdateOperand {
    enum class Kind {
        Constant,
        Path,
        IfNotExists,  // the path, or operands[0]
        ListAppend,   // operands[0] followed by operands[1]
        Plus,
        Minus,
    };
    Kind kind = Kind::Constant;
    Value constant;
    Path path;
    std::vector<UpdateOperand> operands;
};

struct Update {
    struct Assignment {
        Path path;
        UpdateOperand value;
    };
    struct SetChange {
        Path path;
        Value value;
    };
    std::vector<Assignment> set;
    std::vector<Path> remove;
    std::vector<SetChange> add;
    std::vector<SetChange> remove_from_set;  // DELETE

    // Every path the update changes, in the order SET, REMOVE, ADD, DELETE.
    std::vector<Path> paths() const;
};

// The same paths as they are in the item afterwards: elements set beyond the end of a list are
// appended to it.
std::vector<Path> paths_after(const Update& update, const Item& before);

// Throws Error{InvalidInput, "ValidationException"} in DynamoDB's words.
Update parse_update(std::string_view expression, Placeholders& placeholders);

// The item after the update. Throws Error{InvalidInput, "ValidationException"} where the item does
// not have what the update needs (an attribute, a parent, a type).
Item apply_update(const Update& update, const Item& item);

}  // namespace lifeboat::local::dynamodb
