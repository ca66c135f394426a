// The comparison rules of a Choice state: a tree of And, Or, Not over tests of one variable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/path.h"
#include "flow/scope.h"
#include "flow/value.h"

namespace lifeboat::flow {

enum class Comparison { Equals, LessThan, LessThanEquals, GreaterThan, GreaterThanEquals, Matches };
enum class ComparedKind { String, Numeric, Boolean, Timestamp };
enum class TypeTest { Present, Null, Boolean, Numeric, String, Timestamp };

struct ChoiceTest {
    Path variable;
    // Either a type test or a comparison.
    std::optional<TypeTest> type;
    bool type_wanted = true;
    ComparedKind kind = ComparedKind::String;
    Comparison comparison = Comparison::Equals;
    // What to compare with: a value of the definition or a path ("...Path" operators).
    Value literal;
    std::optional<Path> operand;

    // Throws Error{InvalidInput, "States.Runtime"} when a path finds nothing (but for IsPresent).
    bool holds(const Scope& scope) const;
};

struct ChoiceRule {
    enum class Kind { Test, And, Or, Not };
    Kind kind = Kind::Test;
    std::optional<ChoiceTest> test;
    std::vector<ChoiceRule> parts;

    bool holds(const Scope& scope) const;
};

// Parses one rule without its Next and Assign. Throws Error{InvalidInput, "InvalidChoice"}.
ChoiceRule parse_choice_rule(const Json& rule);

// `pattern` with * for any run of characters; \* and \\ are the characters themselves. Linear
// space, no recursion.
bool matches_wildcard(std::string_view text, std::string_view pattern);

}  // namespace lifeboat::flow
