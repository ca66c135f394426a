// Functions as values: built in, defined in the expression, partly applied, composed, transforming,
// and regular expressions, which are functions from text to matches.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/jsonata/expression.h"
#include "flow/jsonata/item.h"
#include "flow/jsonata/regex.h"
#include "flow/jsonata/signature.h"

namespace lifeboat::flow::jsonata {

class Evaluator;
struct Frame;

using NativeBody = Item (*)(Evaluator& evaluator, const Items& arguments);

struct Function {
    enum class Kind { Native, Lambda, Partial, Composed, Transform, Pattern };
    Kind kind = Kind::Native;
    std::string name;
    Signature signature;
    std::size_t arity = 1;
    std::size_t depth = 1;  // as a value, see Item::depth

    NativeBody run = nullptr;
    const Node* node = nullptr;  // Lambda, Transform
    Frame* frame = nullptr;      // what it closes over; lives as long as the evaluation
    Item input;
    Item first, second;                          // Composed; Partial has its function in `first`
    std::vector<std::optional<Item>> arguments;  // Partial: empty where one is still due
    std::shared_ptr<const Regex> pattern;
    std::size_t from = 0;  // Pattern: the next match of the text in `first`
};

struct Builtin {
    const char* name;  // without $
    const char* signature;
    NativeBody run;
};

// nullptr when there is no such function.
std::shared_ptr<const Function> find_builtin(std::string_view name);

}  // namespace lifeboat::flow::jsonata
