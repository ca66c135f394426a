// The tree of an expression, as the parser leaves it and the evaluator walks it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/jsonata/item.h"
#include "flow/jsonata/signature.h"

namespace lifeboat::flow::jsonata {

// Trees are walked and taken apart recursively.
inline constexpr std::size_t kHighestTree = 350;

struct Node;
using NodePtr = std::shared_ptr<Node>;

// What % stands for, until the step that produces the parent is known: each level is one step back.
struct ParentSlot {
    std::string label;
    int level = 1;
};
using SlotPtr = std::shared_ptr<ParentSlot>;

// [predicate] or #$position after a step or a value.
struct Stage {
    NodePtr filter;     // null: a position
    std::string index;  // the variable's name
};

struct SortTerm {
    NodePtr expression;
    bool descending = false;
};

struct Node {
    enum class Kind {
        Literal,      // value
        Name,         // text; a step
        Variable,     // text, without $
        Wildcard,     // *
        Descendant,   // **
        Parent,       // %
        Regex,        // text, flags in `name`
        Binary,       // text is the operator
        Negate,       // -x
        Array,        // [a, b..c]
        Object,       // {a: b}: pairs
        Path,         // parts are the steps
        Block,        // (a; b)
        Bind,         // $text := part
        Condition,    // parts: condition, then, else or not
        Apply,        // a ~> b
        Call,         // procedure, then arguments
        Partial,      // the same, with ? among the arguments
        Placeholder,  // ?
        Lambda,       // names, signature, body in parts[0]
        Transform,    // parts: pattern, update, deletion or not
        Sort,         // a step: terms
    };
    using Pairs = std::vector<std::pair<NodePtr, NodePtr>>;

    Kind kind = Kind::Literal;
    std::size_t position = 0;  // bytes from the expression's start, behind the token
    std::size_t height = 1;    // of the tree below; never above kHighestTree
    std::string text;
    std::string name;
    Item value;
    std::vector<NodePtr> parts;
    Pairs pairs;
    std::vector<SortTerm> terms;
    std::vector<std::string> names;
    Signature signature;

    bool has_group = false;
    Pairs group;                // {key: value} behind the expression
    std::vector<Stage> stages;  // predicates and positions
    std::string focus, index;   // @$focus, #$index
    SlotPtr ancestor;           // the step's input is wanted under this label
    SlotPtr slot;               // of Parent
    std::vector<SlotPtr> seeking;
    bool tuple = false;       // bindings travel with the values
    bool keep_array = false;  // []
    bool constructs = false;  // an array constructor at an end of a path
};

}  // namespace lifeboat::flow::jsonata
