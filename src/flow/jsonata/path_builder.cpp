// Paths are built step by step; each % is tied to the step whose input it means.
#include <algorithm>

#include "flow/jsonata/parser.h"

namespace lifeboat::flow::jsonata {
namespace {

using Kind = Node::Kind;

[[noreturn]] void no_parent(const Node& node) {
    fail_at(node.position, "S0217",
            "The object representing the 'parent' cannot be derived from this expression");
}

// Goes one step back for the slot: counts its level down and, at zero, marks the step.
void seek(Node& node, const SlotPtr& slot) {
    switch (node.kind) {
        case Kind::Name:
        case Kind::Wildcard:
            if (--slot->level > 0) return;
            if (node.ancestor == nullptr)
                node.ancestor = slot;
            else
                slot->label = node.ancestor->label;
            node.tuple = true;
            return;
        case Kind::Parent:
            ++slot->level;
            return;
        case Kind::Block:
            if (node.parts.empty()) return;
            node.tuple = true;
            seek(*node.parts.back(), slot);
            return;
        case Kind::Path: {
            node.tuple = true;
            for (std::size_t i = node.parts.size(); i > 0; --i) {
                seek(*node.parts[i - 1], slot);
                if (slot->level == 0) return;
            }
            return;
        }
        default:
            no_parent(node);
    }
}

// Parents wanted by the path's last step are sought in the steps before it.
void resolve_last(Node& path) {
    const Node& last = *path.parts.back();
    std::vector<SlotPtr> slots = last.seeking;
    if (last.kind == Kind::Parent) slots.push_back(last.slot);
    for (const SlotPtr& slot : slots) {
        std::size_t i = path.parts.size() - 1;
        while (slot->level > 0) {
            if (i == 0) {
                path.seeking.push_back(slot);
                break;
            }
            Node* step = path.parts[--i].get();
            // A step that keeps its input does not move; its own step comes before it.
            while (i > 0 && !step->focus.empty() && !path.parts[i - 1]->focus.empty())
                step = path.parts[--i].get();
            seek(*step, slot);
        }
    }
}

// Accounts for `inside` having been put into `outside`.
void raise(Node& outside, const Node& inside) {
    outside.height = std::max(outside.height, inside.height + 1);
    if (outside.height > kHighestTree)
        fail_at(inside.position, kTooDeep,
                "The expression is nested deeper than " + std::to_string(kHighestTree));
}

Node& last_step(Node& node) {
    return node.kind == Kind::Path ? *node.parts.back() : node;
}

}  // namespace

NodePtr as_path(NodePtr node) {
    if (node->kind == Kind::Path) return node;
    auto path = std::make_shared<Node>();
    path->kind = Kind::Path;
    path->position = node->position;
    if (node->kind == Kind::Parent) path->seeking.push_back(node->slot);
    path->keep_array = node->keep_array;
    raise(*path, *node);
    path->parts.push_back(std::move(node));
    return path;
}

void pass_on_parents(Node& outside, const NodePtr& inside) {
    raise(outside, *inside);
    outside.seeking.insert(outside.seeking.end(), inside->seeking.begin(), inside->seeking.end());
    if (inside->kind == Kind::Parent) outside.seeking.push_back(inside->slot);
}

NodePtr join_steps(NodePtr left, const NodePtr& right) {
    NodePtr path = as_path(std::move(left));
    raise(*path, *right);
    const std::size_t first_new = path->parts.size();
    if (right->kind == Kind::Path)
        path->parts.insert(path->parts.end(), right->parts.begin(), right->parts.end());
    else
        path->parts.push_back(right);
    for (std::size_t i = first_new == 1 ? 0 : first_new; i < path->parts.size(); ++i) {
        NodePtr& step = path->parts[i];
        if (step->keep_array) path->keep_array = true;
        if (step->kind != Kind::Literal) continue;
        if (!step->value.is_string())
            fail_at(step->position, "S0213",
                    "A literal value cannot be used as a step within a path expression");
        step->kind = Kind::Name;
        step->text = step->value.text();
    }
    if (right->kind == Kind::Path && right->keep_array) path->keep_array = true;
    if (path->parts.front()->kind == Kind::Array) path->parts.front()->constructs = true;
    if (path->parts.back()->kind == Kind::Array) path->parts.back()->constructs = true;
    resolve_last(*path);
    return path;
}

NodePtr add_predicate(NodePtr subject, NodePtr predicate, std::size_t position) {
    Node& step = last_step(*subject);
    if (step.has_group || subject->has_group)
        fail_at(position, "S0209", "A predicate cannot follow a grouping expression in a step");
    for (const SlotPtr& slot : predicate->seeking) {
        if (slot->level == 1)
            seek(step, slot);
        else
            --slot->level;
        if (slot->level > 0) step.seeking.push_back(slot);
    }
    if (subject->kind == Kind::Path && !step.seeking.empty() && &step != subject.get())
        resolve_last(*subject);
    raise(step, *predicate);
    if (&step != subject.get()) raise(*subject, step);
    step.stages.push_back({std::move(predicate), ""});
    return subject;
}

NodePtr add_sort(NodePtr subject, std::vector<SortTerm> terms, std::size_t position) {
    NodePtr path = as_path(std::move(subject));
    auto sort = std::make_shared<Node>();
    sort->kind = Kind::Sort;
    sort->position = position;
    for (const SortTerm& term : terms)
        pass_on_parents(*sort, term.expression);
    sort->terms = std::move(terms);
    raise(*path, *sort);
    path->parts.push_back(std::move(sort));
    resolve_last(*path);
    return path;
}

NodePtr bind_focus(NodePtr subject, const std::string& variable, std::size_t position) {
    NodePtr path = as_path(std::move(subject));
    Node& step = *path->parts.back();
    if (!step.stages.empty())
        fail_at(position, "S0215",
                "A context variable binding must precede any predicates on a step");
    if (step.kind == Kind::Sort)
        fail_at(position, "S0216",
                "A context variable binding must precede the 'order-by' clause on a step");
    step.focus = variable;
    step.tuple = true;
    return path;
}

NodePtr bind_index(NodePtr subject, const std::string& variable) {
    NodePtr path = as_path(std::move(subject));
    Node& step = *path->parts.back();
    if (step.stages.empty())
        step.index = variable;
    else
        step.stages.push_back({nullptr, variable});
    step.tuple = true;
    return path;
}

}  // namespace lifeboat::flow::jsonata
