// Values, operators and blocks. Paths are in evaluator_path.cpp, calls in evaluator_call.cpp.
#include "flow/jsonata/evaluator.h"

#include <algorithm>
#include <cmath>

#include "flow/jsonata/evaluator_frame.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {
namespace {

using Kind = Node::Kind;

constexpr double kLongestRange = 1e6;

const Item* look_up(const Frame* frame, const std::string& name) {
    for (; frame != nullptr; frame = frame->outer)
        if (const auto found = frame->variables.find(name); found != frame->variables.end())
            return &found->second;
    return nullptr;
}

bool contains(const Item& item, const Item& wanted, Budget& budget) {
    for (const Item& member : members_of(item))
        if (equal(member, wanted, budget)) return true;
    return false;
}

}  // namespace

Item member(const Item& input, const std::string& name, Budget& budget) {
    budget.charge(1);
    if (input.is_object()) {
        const Item* found = input.object()->find(name);
        return found == nullptr ? Item() : *found;
    }
    if (!input.is_list()) return {};
    auto found = new_sequence();
    for (const Item& part : input.list()->items())
        for (const Item& value : members_of(member(part, name, budget)))
            found->push(value);
    return settled(found);
}

Item Evaluator::run(const Node& tree, const Item& input) {
    globals_.variables["$"] = input;
    if (!input.is_list()) return evaluate(tree, input, globals_);
    auto outer = new_sequence();
    outer->outer = true;
    outer->push(input);
    return evaluate(tree, outer, globals_);
}

Item Evaluator::evaluate(const Node& node, const Item& input, Frame& frame) {
    const Budget::Level level(budget_);
    Item result = evaluate_kind(node, input, frame);
    if (node.kind != Kind::Path) {
        // A step's own stages are applied by its path.
        if (!node.tuple)
            for (const Stage& stage : node.stages)
                if (stage.filter != nullptr) result = filter(*stage.filter, result, frame);
        if (node.has_group) result = group(node.group, result, frame, node.position);
    }
    if (result.is_list() && result.list()->sequence && node.keep_array &&
        !result.list()->keep_singleton && !result.list()->tuples) {
        auto kept = std::make_shared<List>(*result.list());
        kept->keep_singleton = true;
        result = kept;
    }
    return settled(std::move(result));
}

Item Evaluator::evaluate_kind(const Node& node, const Item& input, Frame& frame) {
    switch (node.kind) {
        case Kind::Literal:
            return node.value;
        case Kind::Name:
            return member(input, node.text, budget_);
        case Kind::Variable:
            return variable(node, input, frame);
        case Kind::Wildcard:
            return wildcard(input);
        case Kind::Descendant: {
            if (input.undefined()) return {};
            auto found = new_sequence();
            descend(input, *found);
            return found;
        }
        case Kind::Parent: {
            const Item* found = look_up(&frame, node.slot->label);
            return found == nullptr ? Item() : *found;
        }
        case Kind::Regex: {
            Function pattern;
            pattern.kind = Function::Kind::Pattern;
            auto& compiled = patterns_[&node];
            if (compiled == nullptr) {
                budget_.charge(node.text.size() * 20);
                compiled = Regex::compile(node.text, node.name);
            }
            pattern.pattern = compiled;
            return make_function(std::move(pattern));
        }
        case Kind::Binary:
            return binary(node, input, frame);
        case Kind::Negate:
            return negate(node, input, frame);
        case Kind::Array:
            return array(node, input, frame);
        case Kind::Object:
            return group(node.pairs, input, frame, node.position);
        case Kind::Path:
            return path(node, input, frame);
        case Kind::Block:
            return block(node, input, frame);
        case Kind::Bind: {
            Item value = evaluate(*node.parts[0], input, frame);
            frame.variables[node.text] = value;
            return value;
        }
        case Kind::Condition:
            if (truth(evaluate(*node.parts[0], input, frame), budget_))
                return evaluate(*node.parts[1], input, frame);
            return node.parts.size() > 2 ? evaluate(*node.parts[2], input, frame) : Item();
        case Kind::Apply:
            return pipe(node, input, frame);
        case Kind::Call:
            return call(node, input, frame, nullptr);
        case Kind::Partial:
            return partial(node, input, frame);
        case Kind::Lambda:
            return closure(Function::Kind::Lambda, node, input, frame);
        case Kind::Transform:
            return closure(Function::Kind::Transform, node, input, frame);
        case Kind::Placeholder:
        case Kind::Sort:
            break;
    }
    return {};
}

Item Evaluator::variable(const Node& node, const Item& input, Frame& frame) {
    if (node.text.empty())
        return input.is_list() && input.list()->outer ? input.list()->items().front() : input;
    if (const Item* found = look_up(&frame, node.text)) return *found;
    if (auto builtin = find_builtin(node.text)) return builtin;
    return {};
}

Item Evaluator::wildcard(const Item& given) {
    const Item input =
        given.is_list() && given.list()->outer ? given.list()->items().front() : given;
    auto found = new_sequence();
    const auto add = [&](const Item& value) {
        if (value.is_list())
            flatten_into(*found, value, budget_);
        else
            found->push(value);
    };
    budget_.charge(1);
    if (input.is_object())
        for (const auto& [name, value] : input.object()->members())
            add(value);
    if (input.is_list())
        for (const Item& value : input.list()->items())
            add(value);
    return found;
}

void Evaluator::descend(const Item& input, List& out) {
    budget_.charge(1);
    if (!input.is_list()) out.push(input);
    if (input.is_list())
        for (const Item& part : input.list()->items())
            descend(part, out);
    if (input.is_object())
        for (const auto& [name, value] : input.object()->members())
            descend(value, out);
}

Item Evaluator::negate(const Node& node, const Item& input, Frame& frame) {
    const Item value = evaluate(*node.parts[0], input, frame);
    if (value.undefined()) return {};
    if (!value.is_number())
        fail_at(node.position, "D1002",
                "Cannot negate a non-numeric value: " + text_form(value, budget_));
    return -value.number();
}

Item Evaluator::array(const Node& node, const Item& input, Frame& frame) {
    auto built = new_list();
    for (const NodePtr& part : node.parts) {
        Item value = evaluate(*part, input, frame);
        budget_.charge(1);
        if (part->kind == Kind::Array) {
            built->push(std::move(value));
            continue;
        }
        for (const Item& one : members_of(value)) {
            budget_.charge(1);
            built->push(one);
        }
    }
    built->constructed = node.constructs;
    return built;
}

Item Evaluator::block(const Node& node, const Item& input, Frame& frame) {
    const Scoped inside(*this, frame);
    Item result;
    for (const NodePtr& part : node.parts)
        result = evaluate(*part, input, inside.frame());
    return result;
}

Item Evaluator::binary(const Node& node, const Item& input, Frame& frame) {
    const std::string& sign = node.text;
    const Item left = evaluate(*node.parts[0], input, frame);
    if (sign == "and")
        return truth(left, budget_) && truth(evaluate(*node.parts[1], input, frame), budget_);
    if (sign == "or")
        return truth(left, budget_) || truth(evaluate(*node.parts[1], input, frame), budget_);
    const Item right = evaluate(*node.parts[1], input, frame);
    if (sign == "&") {
        std::string text = left.undefined() ? "" : text_form(left, budget_);
        if (!right.undefined()) text += text_form(right, budget_);
        budget_.charge_text(text.size());
        return text;
    }
    if (sign == "=" || sign == "!=") {
        if (left.undefined() || right.undefined()) return false;
        return equal(left, right, budget_) == (sign == "=");
    }
    if (sign == "in") {
        if (left.undefined() || right.undefined()) return false;
        return contains(right, left, budget_);
    }
    if (sign == "..") return range(node, left, right);
    if (sign.find_first_of("<>") != std::string::npos) return compare(node, left, right);
    return arithmetic(node, left, right);
}

Item Evaluator::arithmetic(const Node& node, const Item& left, const Item& right) {
    if (!left.undefined() && !left.is_number())
        fail_at(node.position, "T2001",
                "The left side of the \"" + node.text + "\" operator must evaluate to a number");
    if (!right.undefined() && !right.is_number())
        fail_at(node.position, "T2002",
                "The right side of the \"" + node.text + "\" operator must evaluate to a number");
    if (left.undefined() || right.undefined()) return {};
    const double a = left.number(), b = right.number();
    double result = 0;
    switch (node.text[0]) {
        case '+':
            result = a + b;
            break;
        case '-':
            result = a - b;
            break;
        case '*':
            result = a * b;
            break;
        case '/':
            result = a / b;
            break;
        default:
            result = std::fmod(a, b);
    }
    if (!std::isfinite(result))
        fail_at(node.position, "D1001", "Number out of range: " + number_form(result));
    return result;
}

Item Evaluator::compare(const Node& node, const Item& left, const Item& right) {
    const auto comparable = [](const Item& item) {
        return item.undefined() || item.is_string() || item.is_number();
    };
    if (!comparable(left) || !comparable(right))
        fail_at(node.position, "T2010",
                "The expressions either side of operator \"" + node.text +
                    "\" must evaluate to numeric or string values");
    if (left.undefined() || right.undefined()) return {};
    if (left.is_string() != right.is_string())
        fail_at(node.position, "T2009",
                "The values " + text_form(left, budget_, true) + " and " +
                    text_form(right, budget_, true) + " either side of operator \"" + node.text +
                    "\" must be of the same data type");
    if (left.is_string()) budget_.charge_text(std::min(left.text().size(), right.text().size()));
    const auto order =
        left.is_string() ? left.text() <=> right.text() : std::strong_ordering::equal;
    const bool less = left.is_string() ? order < 0 : left.number() < right.number();
    const bool same = left.is_string() ? order == 0 : left.number() == right.number();
    if (node.text == "<") return less;
    if (node.text == "<=") return less || same;
    if (node.text == ">") return !less && !same;
    return !less;
}

Item Evaluator::range(const Node& node, const Item& left, const Item& right) {
    const auto whole = [](const Item& item) {
        return item.undefined() || (item.is_number() && item.number() == std::floor(item.number()));
    };
    if (!whole(left))
        fail_at(node.position, "T2003",
                "The left side of the range operator (..) must evaluate to an integer");
    if (!whole(right))
        fail_at(node.position, "T2004",
                "The right side of the range operator (..) must evaluate to an integer");
    if (left.undefined() || right.undefined() || left.number() > right.number()) return {};
    const double size = right.number() - left.number() + 1;
    if (size > kLongestRange)
        fail_at(node.position, "D2014",
                "The size of the sequence allocated by the range operator (..) must not exceed "
                "1e6.  Attempted to allocate " +
                    number_form(size) + ".");
    budget_.charge(static_cast<std::size_t>(size));
    auto sequence = new_sequence();
    for (double value = left.number(); value <= right.number(); value += 1) {
        sequence->push(value);
        if (value + 1 == value) break;
    }
    return sequence;
}

}  // namespace lifeboat::flow::jsonata
