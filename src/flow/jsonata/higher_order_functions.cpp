#include <algorithm>

#include "flow/jsonata/functions.h"

namespace lifeboat::flow::jsonata {
namespace {

Item map(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    auto results = new_sequence();
    std::size_t index = 0;
    for (const Item& item : a[0].list()->items()) {
        Item result = evaluator.apply_to_member(a[1], item, index++, a[0]);
        if (!result.undefined()) results->push(std::move(result));
    }
    return results;
}

Item filter(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    auto kept = new_sequence();
    std::size_t index = 0;
    for (const Item& item : a[0].list()->items())
        if (truth(evaluator.apply_to_member(a[1], item, index++, a[0]), evaluator.budget()))
            kept->push(item);
    return kept;
}

Item single(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const Item function = argument(a, 1);
    Item found;
    std::size_t index = 0, count = 0;
    for (const Item& item : a[0].list()->items()) {
        const bool wanted =
            function.undefined() ||
            truth(evaluator.apply_to_member(function, item, index, a[0]), evaluator.budget());
        ++index;
        if (!wanted) continue;
        if (++count > 1)
            fail("D3138",
                 "The $single() function expected exactly 1 matching result.  Instead it matched "
                 "more.");
        found = item;
    }
    if (count == 0)
        fail("D3139",
             "The $single() function expected exactly 1 matching result.  Instead it matched 0.");
    return found;
}

Item reduce(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const std::size_t arity = a[1].function()->arity;
    if (arity < 2)
        fail("D3050",
             "The second argument of reduce function must be a function with at least two "
             "arguments");
    const Items& items = a[0].list()->items();
    Item result = argument(a, 2);
    std::size_t index = 0;
    if (result.undefined() && !items.empty()) result = items[index++];
    for (; index < items.size(); ++index) {
        Items given{result, items[index]};
        if (arity >= 3) given.emplace_back(index);
        if (arity >= 4) given.push_back(a[0]);
        result = evaluator.apply(a[1], given);
    }
    return result;
}

Item each(Evaluator& evaluator, const Items& a) {
    auto results = new_sequence();
    if (a[0].undefined()) return {};
    for (const auto& [name, value] : a[0].object()->members()) {
        Item result = evaluator.apply_to_member(a[1], value, name, a[0]);
        if (!result.undefined()) results->push(std::move(result));
    }
    return results;
}

Item sift(Evaluator& evaluator, const Items& a) {
    const Item& subject = a[0];
    if (subject.undefined()) return {};
    auto kept = new_object();
    for (const auto& [name, value] : subject.object()->members())
        if (truth(evaluator.apply_to_member(argument(a, 1), value, name, subject),
                  evaluator.budget()))
            kept->set(name, value);
    return kept->empty() ? Item() : Item(kept);
}

constexpr Builtin kFunctions[] = {
    {"map", "<af>", map},           {"filter", "<af>", filter}, {"single", "<af?>", single},
    {"reduce", "<afj?:j>", reduce}, {"each", "<o-f:a>", each},  {"sift", "<o-f?:o>", sift},
};

}  // namespace

std::span<const Builtin> higher_order_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata
