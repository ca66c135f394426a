// Calls: functions built in and defined, partly applied, composed and transforming.
#include <unordered_set>

#include "base/json.h"
#include "flow/jsonata/evaluator_frame.h"
#include "flow/jsonata/match.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {

using Kind = Node::Kind;

namespace {

void collect_objects(const Item& item, std::unordered_set<const Object*>& out) {
    if (item.is_list())
        for (const Item& part : item.list()->items())
            collect_objects(part, out);
    if (!item.is_object()) return;
    out.insert(item.object().get());
    for (const auto& [name, value] : item.object()->members())
        collect_objects(value, out);
}

}  // namespace

struct Evaluator::TailCall {
    bool due = false;
    Item function;
    Items arguments;
    std::size_t position = 0;
};

Item make_function(Function function) {
    const auto deepen = [&function](const Item& item) {
        function.depth = std::max(function.depth, item.depth() + 1);
    };
    deepen(function.first);
    deepen(function.second);
    for (const auto& argument : function.arguments)
        if (argument) deepen(*argument);
    if (function.depth > kDeepestValue)
        fail(kTooDeep, "Functions are composed deeper than " + std::to_string(kDeepestValue));
    return std::make_shared<const Function>(std::move(function));
}

std::string callee_name(const Node& call) {
    const Node& procedure = *call.parts.front();
    return procedure.kind == Kind::Path ? procedure.parts.front()->text : procedure.text;
}

Item Evaluator::procedure(const Node& node, const Item& input, Frame& frame) {
    const Node& named = *node.parts.front();
    Item function = evaluate(named, input, frame);
    if (function.is_function()) return function;
    const bool partial = node.kind == Kind::Partial;
    if (function.undefined() && named.kind == Kind::Path && named.parts.size() == 1) {
        const std::string& name = named.parts[0]->text;
        if (find_builtin(name) != nullptr)
            fail_at(node.position, partial ? "T1007" : "T1005",
                    std::string("Attempted to ") + (partial ? "partially apply" : "invoke") +
                        " a non-function. Did you mean $" + name + "?");
    }
    fail_at(node.position, partial ? "T1008" : "T1006",
            std::string("Attempted to ") + (partial ? "partially apply" : "invoke") +
                " a non-function");
}

Items Evaluator::arguments(const Node& node, const Item& input, Frame& frame, const Item* first) {
    Items values;
    if (first != nullptr) values.push_back(*first);
    for (std::size_t i = 1; i < node.parts.size(); ++i)
        values.push_back(evaluate(*node.parts[i], input, frame));
    return values;
}

Item Evaluator::call(const Node& node, const Item& input, Frame& frame, const Item* first) {
    const Item function = procedure(node, input, frame);
    try {
        return invoke(function, arguments(node, input, frame, first), input);
    } catch (const Error& error) {
        throw placed(error, node.position);
    }
}

Item Evaluator::apply(const Item& function, const Items& given, const Item& context) {
    return invoke(function, given, context);
}

Item Evaluator::apply_to_member(const Item& function, const Item& value, const Item& index,
                                const Item& all) {
    Items given{value};
    const std::size_t arity = function.is_function() ? function.function()->arity : 1;
    if (arity >= 2) given.push_back(index);
    if (arity >= 3) given.push_back(all);
    return invoke(function, std::move(given), value);
}

Item Evaluator::invoke(Item function, Items given, const Item& context) {
    const Budget::Level level(budget_);
    for (;;) {
        budget_.charge(1);
        if (!function.is_function()) fail("T1006", "Attempted to invoke a non-function");
        const Function& callee = *function.function();
        switch (callee.kind) {
            case Function::Kind::Native:
                return invoke_native(callee, given, context);
            case Function::Kind::Pattern:
                return match_object(callee, given, budget_);
            case Function::Kind::Transform:
                return invoke_transform(callee, given);
            case Function::Kind::Composed: {
                Item between = invoke(callee.first, std::move(given), context);
                given = {std::move(between)};
                function = Item(callee.second);
                continue;
            }
            case Function::Kind::Partial: {
                Items full;
                std::size_t next = 0;
                for (const auto& argument : callee.arguments)
                    full.push_back(argument              ? *argument
                                   : next < given.size() ? given[next++]
                                                         : Item());
                given = std::move(full);
                function = Item(callee.first);
                continue;
            }
            case Function::Kind::Lambda:
                break;
        }
        const Items checked = callee.signature.check(given, context, callee.name, budget_);
        const Scoped inside(*this, *callee.frame);
        for (std::size_t i = 0; i < callee.node->names.size(); ++i)
            inside.frame().variables[callee.node->names[i]] =
                i < checked.size() ? checked[i] : Item();
        TailCall next;
        Item result = tail(*callee.node->parts[0], callee.input, inside.frame(), next);
        if (!next.due) return result;
        function = std::move(next.function);
        given = std::move(next.arguments);
    }
}

Item Evaluator::tail(const Node& node, const Item& input, Frame& frame, TailCall& next) {
    const bool plain = node.stages.empty() && !node.has_group && !node.keep_array;
    if (plain && node.kind == Kind::Condition) {
        if (truth(evaluate(*node.parts[0], input, frame), budget_))
            return tail(*node.parts[1], input, frame, next);
        return node.parts.size() > 2 ? tail(*node.parts[2], input, frame, next) : Item();
    }
    if (plain && node.kind == Kind::Block && !node.parts.empty()) {
        const Scoped inside(*this, frame);
        for (std::size_t i = 0; i + 1 < node.parts.size(); ++i)
            evaluate(*node.parts[i], input, inside.frame());
        return tail(*node.parts.back(), input, inside.frame(), next);
    }
    if (plain && node.kind == Kind::Call) {
        Item function = procedure(node, input, frame);
        // Only functions of the expression itself can call on and on.
        if (function.function()->kind == Function::Kind::Lambda) {
            next.arguments = arguments(node, input, frame, nullptr);
            next.function = std::move(function);
            next.due = true;
            return {};
        }
    }
    return evaluate(node, input, frame);
}

Item Evaluator::invoke_native(const Function& function, const Items& given, const Item& context) {
    const Items checked = function.signature.check(given, context, function.name, budget_);
    // What a function does at least once with each of its arguments: read it.
    for (const Item& argument : checked) {
        if (argument.is_string()) budget_.charge_text(argument.text().size());
        if (argument.is_list()) budget_.charge(argument.list()->size() / kBytesPerUnit);
    }
    return function.run(*this, checked);
}

Item Evaluator::invoke_transform(const Function& function, const Items& given) {
    if (given.empty() || given[0].undefined()) return {};
    if (!given[0].is_object() && !given[0].is_list())
        fail("T0410", "Argument 1 of a transform does not match function signature");
    const Node& node = *function.node;
    const Item copy = clone(given[0], budget_);
    // A pattern can reach values outside the copy by variables; those never change.
    std::unordered_set<const Object*> own;
    collect_objects(copy, own);
    for (const Item& match : members_of(evaluate(*node.parts[0], copy, *function.frame))) {
        const bool changes = match.is_object() && own.contains(match.object().get());
        const Item update = evaluate(*node.parts[1], match, *function.frame);
        if (!update.undefined()) {
            if (!update.is_object())
                fail_at(node.position, "T2011",
                        "The insert/update clause of the transform expression must evaluate to an "
                        "object: " +
                            text_form(update, budget_, true));
            // Cloned, so that an object can never come to contain itself.
            const Item fresh = clone(update, budget_);
            if (changes)
                for (const auto& [name, value] : fresh.object()->members())
                    match.object()->set(name, value);
        }
        if (node.parts.size() < 3) continue;
        for (const Item& name : members_of(evaluate(*node.parts[2], match, *function.frame))) {
            if (!name.is_string())
                fail_at(node.position, "T2012",
                        "The delete clause of the transform expression must evaluate to a string "
                        "or array of strings: " +
                            text_form(name, budget_, true));
            if (changes) match.object()->erase(name.text());
        }
    }
    // Copied once more: the depth of what changed inside has to be counted again.
    return clone(copy, budget_);
}

Item Evaluator::partial(const Node& node, const Item& input, Frame& frame) {
    Function function;
    function.kind = Function::Kind::Partial;
    function.first = procedure(node, input, frame);
    function.arity = 0;
    for (std::size_t i = 1; i < node.parts.size(); ++i) {
        if (node.parts[i]->kind == Kind::Placeholder) {
            ++function.arity;
            function.arguments.emplace_back();
        } else {
            function.arguments.emplace_back(evaluate(*node.parts[i], input, frame));
        }
    }
    return make_function(std::move(function));
}

Item Evaluator::pipe(const Node& node, const Item& input, Frame& frame) {
    const Item left = evaluate(*node.parts[0], input, frame);
    const Node& right = *node.parts[1];
    if (right.kind == Kind::Call && right.stages.empty()) return call(right, input, frame, &left);
    const Item function = evaluate(right, input, frame);
    if (!function.is_function())
        fail_at(node.position, "T2006",
                "The right side of the function application operator ~> must be a function");
    if (left.is_function()) {
        Function composed;
        composed.kind = Function::Kind::Composed;
        composed.first = left;
        composed.second = function;
        return make_function(std::move(composed));
    }
    try {
        return invoke(function, {left}, input);
    } catch (const Error& error) {
        throw placed(error, node.position);
    }
}

Item Evaluator::closure(Function::Kind kind, const Node& node, const Item& input, Frame& frame) {
    for (Frame* around = &frame; around != nullptr && !around->captured; around = around->outer)
        around->captured = true;
    Function function;
    function.kind = kind;
    function.name = "(lambda)";
    function.signature = node.signature;
    function.arity = kind == Function::Kind::Transform ? 1 : node.names.size();
    function.node = &node;
    function.frame = &frame;
    function.input = input;
    function.depth = input.depth() + 1;
    return make_function(std::move(function));
}

}  // namespace lifeboat::flow::jsonata
