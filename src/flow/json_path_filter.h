// The condition inside a JSONPath filter, `?( ... )`.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "flow/json_path.h"
#include "flow/value.h"

namespace lifeboat::flow {

struct PathFilter {
    enum class Kind { And, Or, Not, Compare, Exists };
    enum class Operator { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn };

    struct Operand {
        enum class From { Literal, Element, Root };  // 'x', @.x, $.x
        From from = From::Literal;
        Value literal;
        JsonPath path;
    };

    Kind kind = Kind::Exists;
    std::vector<PathFilter> parts;
    Operator compare = Operator::Equal;
    Operand left, right;

    bool matches(const Json& element, const Json& root, Effort& effort) const;
};

// Parses from `position` (after "?(") to and past the closing parenthesis.
PathFilter parse_path_filter(std::string_view text, std::size_t& position, int depth);

}  // namespace lifeboat::flow
