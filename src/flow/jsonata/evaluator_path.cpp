// Paths: mapping over steps, predicates, order-by, group-by, and the bindings of @, # and %.
#include <algorithm>
#include <cmath>
#include <span>

#include "flow/jsonata/evaluator_frame.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {
namespace {

using Kind = Node::Kind;

constexpr const char* kValue = "@";  // the value among a tuple's bindings

bool is_tuples(const Item& item) {
    return item.is_list() && item.list()->tuples;
}

std::shared_ptr<List> new_tuples() {
    auto list = new_sequence();
    list->tuples = true;
    return list;
}

void enter_tuple(Frame& frame, const Item& tuple) {
    for (const auto& [name, value] : tuple.object()->members())
        if (name != kValue) frame.variables[name] = value;
}

Item value_of(const Item& tuple) {
    const Item* found = tuple.object()->find(kValue);
    return found == nullptr ? Item() : *found;
}

bool all_numbers(const Item& item) {
    return item.is_list() && !item.list()->empty() &&
           std::ranges::all_of(item.list()->items(), [](const Item& i) { return i.is_number(); });
}

}  // namespace

Item Evaluator::path(const Node& node, const Item& input, Frame& frame) {
    const Node& first = *node.parts.front();
    Item current = input;
    if (!input.is_list() || first.kind == Kind::Variable) {
        auto wrapped = new_sequence();
        wrapped->push(input);
        current = wrapped;
    }
    Item result, bindings;
    bool tuples = false;
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
        const Node& part = *node.parts[i];
        if (part.tuple) tuples = true;
        if (i == 0 && part.constructs)
            result = evaluate(part, current, frame);
        else if (tuples)
            bindings = tuple_step(part, current, bindings, frame);
        else
            result = step(part, current, frame, i + 1 == node.parts.size());
        if (!tuples && (result.undefined() || (result.is_list() && result.list()->empty()))) break;
        if (part.focus.empty()) current = result;
    }
    if (tuples) {
        if (node.tuple) {
            result = bindings;
        } else {
            auto values = new_sequence();
            for (const Item& tuple : bindings.list()->items())
                values->push(value_of(tuple));
            result = values;
        }
    }
    if (node.keep_array && result.is_list()) {
        auto kept = std::make_shared<List>(*result.list());
        kept->sequence = kept->keep_singleton = true;
        if (!result.list()->sequence && !result.list()->constructed) kept->sequence = false;
        result = kept;
    }
    if (node.has_group) return group(node.group, tuples ? bindings : result, frame, node.position);
    return result;
}

Item Evaluator::step(const Node& node, const Item& input, Frame& frame, bool last) {
    if (node.kind == Kind::Sort) return stages(node, sort(node, input, frame), frame);
    Items results;
    for (const Item& item : members_of(input)) {
        Item result = evaluate(node, item, frame);
        if (!result.undefined()) results.push_back(std::move(result));
    }
    if (last && results.size() == 1 && results[0].is_list() && !results[0].list()->sequence)
        return results[0];
    auto flat = new_sequence();
    for (const Item& result : results) {
        if (!result.is_list() || result.list()->constructed) {
            flat->push(result);
            continue;
        }
        budget_.charge(result.list()->size());
        for (const Item& part : result.list()->items())
            flat->push(part);
    }
    return flat;
}

Item Evaluator::tuple_step(const Node& node, const Item& input, const Item& bindings,
                           Frame& frame) {
    if (node.kind == Kind::Sort) {
        if (!bindings.undefined()) return stages(node, sort(node, bindings, frame), frame);
        auto sorted = new_tuples();
        std::size_t position = 0;
        for (const Item& item : members_of(sort(node, input, frame))) {
            auto tuple = new_object();
            tuple->set(kValue, item);
            if (!node.index.empty()) tuple->set(node.index, position);
            ++position;
            sorted->push(tuple);
        }
        return stages(node, sorted, frame);
    }
    Items tuples;
    if (bindings.undefined()) {
        for (const Item& item : members_of(input)) {
            auto tuple = new_object();
            tuple->set(kValue, item);
            tuples.emplace_back(std::move(tuple));
        }
    } else {
        tuples = bindings.list()->items();
    }
    auto out = new_tuples();
    for (const Item& tuple : tuples) {
        const Scoped inside(*this, frame);
        enter_tuple(inside.frame(), tuple);
        const Item from = value_of(tuple);
        const Item result = evaluate(node, from, inside.frame());
        const Members values = members_of(result);
        for (std::size_t i = 0; i < values.size(); ++i) {
            budget_.charge(tuple.object()->members().size() + 1);
            auto next = std::make_shared<Object>(*tuple.object());
            if (is_tuples(result)) {
                for (const auto& [name, value] : values[i].object()->members())
                    next->set(name, value);
            } else {
                next->set(node.focus.empty() ? kValue : node.focus, values[i]);
                if (!node.index.empty()) next->set(node.index, i);
                if (node.ancestor != nullptr) next->set(node.ancestor->label, from);
            }
            out->push(std::move(next));
        }
    }
    return stages(node, out, frame);
}

// Predicates and positions of a step whose values come as tuples, or of an order-by.
Item Evaluator::stages(const Node& node, Item input, Frame& frame) {
    if (node.kind == Kind::Sort && !is_tuples(input)) {
        for (const Stage& stage : node.stages)
            if (stage.filter != nullptr) input = filter(*stage.filter, input, frame);
        return input;
    }
    for (const Stage& stage : node.stages) {
        if (stage.filter != nullptr) {
            input = filter(*stage.filter, input, frame);
            continue;
        }
        auto numbered = new_tuples();
        std::size_t position = 0;
        for (const Item& tuple : members_of(input)) {
            auto next = std::make_shared<Object>(*tuple.object());
            next->set(stage.index, position++);
            numbered->push(std::move(next));
        }
        input = numbered;
    }
    return input;
}

Item Evaluator::filter(const Node& predicate, const Item& input, Frame& frame) {
    const bool tuples = is_tuples(input);
    const Members items = members_of(input);
    const auto count = static_cast<double>(items.size());
    auto kept = tuples ? new_tuples() : new_sequence();
    if (predicate.kind == Kind::Literal && predicate.value.is_number() &&
        predicate.stages.empty()) {
        double index = std::floor(predicate.value.number());
        if (index < 0) index += count;
        if (index < 0 || index >= count) return kept;
        const Item& found = items[static_cast<std::size_t>(index)];
        if (found.is_list()) return found;
        kept->push(found);
        return kept;
    }
    // Of nothing, too, a predicate may have something to complain of.
    if (input.undefined()) evaluate(predicate, input, frame);
    for (std::size_t i = 0; i < items.size(); ++i) {
        Item result;
        if (tuples) {
            const Scoped inside(*this, frame);
            enter_tuple(inside.frame(), items[i]);
            result = evaluate(predicate, value_of(items[i]), inside.frame());
        } else {
            result = evaluate(predicate, items[i], frame);
        }
        if (!result.is_number() && !all_numbers(result)) {
            if (truth(result, budget_)) kept->push(items[i]);
            continue;
        }
        for (const Item& wanted : members_of(result)) {
            budget_.charge(1);
            double index = std::floor(wanted.number());
            if (index < 0) index += count;
            if (index == static_cast<double>(i)) kept->push(items[i]);
        }
    }
    return kept;
}

Item Evaluator::sort(const Node& node, const Item& input, Frame& frame) {
    const bool tuples = is_tuples(input);
    struct Row {
        Item item;
        Items keys;
    };
    std::vector<Row> rows;
    for (const Item& item : members_of(input)) {
        Row row{item, {}};
        const Scoped inside(*this, frame);
        if (tuples) enter_tuple(inside.frame(), item);
        for (const SortTerm& term : node.terms)
            row.keys.push_back(
                evaluate(*term.expression, tuples ? value_of(item) : item, inside.frame()));
        rows.push_back(std::move(row));
    }
    const auto check = [&](const Item& a, const Item& b) {
        for (const Item* key : {&a, &b})
            if (!key->is_number() && !key->is_string())
                fail_at(node.position, "T2008",
                        "The expressions within an order-by clause must evaluate to numeric or "
                        "string values");
        if (a.is_number() != b.is_number())
            fail_at(node.position, "T2007",
                    "Type mismatch when comparing values " + text_form(a, budget_, true) + " and " +
                        text_form(b, budget_, true) + " in order-by clause");
    };
    std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
        budget_.charge(1);
        for (std::size_t i = 0; i < node.terms.size(); ++i) {
            const Item &left = a.keys[i], &right = b.keys[i];
            if (left.undefined() || right.undefined()) {
                if (left.undefined() == right.undefined()) continue;
                return right.undefined();  // what has no key comes last
            }
            check(left, right);
            if (equal(left, right, budget_)) continue;
            const bool less =
                left.is_string() ? left.text() < right.text() : left.number() < right.number();
            return less != node.terms[i].descending;
        }
        return false;
    });
    auto sorted = tuples ? new_tuples() : new_sequence();
    for (Row& row : rows)
        sorted->push(std::move(row.item));
    return sorted;
}

Item Evaluator::group(const Node::Pairs& pairs, const Item& input, Frame& frame,
                      std::size_t position) {
    struct Group {
        std::string key;
        std::size_t pair = 0;
        Items items;
    };
    const bool tuples = is_tuples(input);
    // Of nothing, too, an object is made.
    Items nothing(1);
    const Members members = members_of(input);
    const std::span<const Item> items = members.empty()
                                            ? std::span<const Item>(nothing)
                                            : std::span(members.begin(), members.size());
    std::vector<Group> groups;
    std::map<std::string, std::size_t> places;
    for (const Item& item : items) {
        const Scoped inside(*this, frame);
        const bool bound = tuples && item.is_object();
        if (bound) enter_tuple(inside.frame(), item);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const Item key =
                evaluate(*pairs[i].first, bound ? value_of(item) : item, inside.frame());
            if (key.undefined()) continue;
            if (!key.is_string())
                fail_at(position, "T1003",
                        "Key in object structure must evaluate to a string; got: " +
                            text_form(key, budget_, true));
            const auto [place, fresh] = places.emplace(key.text(), groups.size());
            if (fresh) groups.push_back({key.text(), i, {}});
            Group& group = groups[place->second];
            if (group.pair != i)
                fail_at(position, "D1009",
                        "Multiple key definitions evaluate to same key: " +
                            text_form(key, budget_, true));
            group.items.push_back(item);
        }
    }
    auto object = new_object();
    for (const Group& group : groups) {
        const Scoped inside(*this, frame);
        Item context;
        if (tuples) {
            std::map<std::string, Item> merged;
            for (const Item& tuple : group.items)
                if (tuple.is_object())
                    for (const auto& [name, value] : tuple.object()->members())
                        merged[name] = append(merged[name], value, budget_);
            context = merged[kValue];
            merged.erase(kValue);
            for (auto& [name, value] : merged)
                inside.frame().variables[name] = value;
        } else if (group.items.size() == 1) {
            context = group.items.front();
        } else {
            auto together = new_list();
            for (const Item& item : group.items)
                for (const Item& part : members_of(item)) {
                    budget_.charge(1);
                    together->push(part);
                }
            context = together;
        }
        Item value = evaluate(*pairs[group.pair].second, context, inside.frame());
        if (!value.undefined()) object->set(group.key, std::move(value));
    }
    return object;
}

}  // namespace lifeboat::flow::jsonata
