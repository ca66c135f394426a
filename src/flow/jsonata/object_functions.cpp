#include "flow/jsonata/evaluator_frame.h"
#include "flow/jsonata/functions.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {
namespace {

void collect_keys(Evaluator& evaluator, const Item& item, Object& seen, List& out) {
    if (item.is_list())
        for (const Item& part : item.list()->items())
            collect_keys(evaluator, part, seen, out);
    if (!item.is_object()) return;
    for (const auto& [name, value] : item.object()->members()) {
        evaluator.budget().charge(1);
        if (seen.find(name) != nullptr) continue;
        seen.set(name, true);
        out.push(name);
    }
}

Item keys(Evaluator& evaluator, const Items& a) {
    auto found = new_sequence();
    Object seen;
    collect_keys(evaluator, a[0], seen, *found);
    return found;
}

Item lookup(Evaluator& evaluator, const Items& a) {
    return a[1].is_string() ? member(a[0], a[1].text(), evaluator.budget()) : Item();
}

void spread_into(Evaluator& evaluator, const Item& item, List& out) {
    if (item.is_list()) {
        for (const Item& part : item.list()->items())
            spread_into(evaluator, part, out);
    } else if (item.is_object()) {
        for (const auto& [name, value] : item.object()->members()) {
            evaluator.budget().charge(2);
            auto one = new_object();
            one->set(name, value);
            out.push(one);
        }
    } else {
        out.push(item);
    }
}

Item spread(Evaluator& evaluator, const Items& a) {
    if (!a[0].is_list() && !a[0].is_object()) return a[0];
    // What an array gives stays one, also with a single part.
    auto parts = a[0].is_list() && !a[0].list()->empty() ? new_list() : new_sequence();
    spread_into(evaluator, a[0], *parts);
    return parts;
}

Item merge(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    auto merged = new_object();
    for (const Item& part : a[0].list()->items())
        for (const auto& [name, value] : part.object()->members()) {
            evaluator.budget().charge(1);
            merged->set(name, value);
        }
    return merged;
}

Item type(Evaluator&, const Items& a) {
    switch (type_letter(a[0])) {
        case 'l':
            return "null";
        case 'n':
            return "number";
        case 's':
            return "string";
        case 'b':
            return "boolean";
        case 'a':
            return "array";
        case 'f':
            return "function";
        case 'o':
            return "object";
        default:
            return {};
    }
}

Item error(Evaluator& evaluator, const Items& a) {
    const Item message = argument(a, 0);
    fail("D3137", message.undefined() ? "$error() function evaluated"
                                      : text_form(message, evaluator.budget()));
}

Item assert_true(Evaluator& evaluator, const Items& a) {
    if (truth(argument(a, 0), evaluator.budget())) return {};
    const Item message = argument(a, 1);
    fail("D3141", message.undefined() ? "$assert() statement failed" : message.text());
}

Item boolean(Evaluator& evaluator, const Items& a) {
    return a[0].undefined() ? Item() : Item(truth(a[0], evaluator.budget()));
}

Item negation(Evaluator& evaluator, const Items& a) {
    return a[0].undefined() ? Item() : Item(!truth(a[0], evaluator.budget()));
}

Item exists(Evaluator&, const Items& a) {
    return !a[0].undefined();
}

Item clone_value(Evaluator& evaluator, const Items& a) {
    return clone(a[0], evaluator.budget());
}

constexpr Builtin kFunctions[] = {
    {"keys", "<x-:a<s>>", keys},
    {"lookup", "<x-s:x>", lookup},
    {"spread", "<x-:a<o>>", spread},
    {"merge", "<a<o>:o>", merge},
    {"type", "<x:s>", type},
    {"error", "<s?:x>", error},
    {"assert", "<bs?:x>", assert_true},
    {"boolean", "<x-:b>", boolean},
    {"not", "<x-:b>", negation},
    {"exists", "<x:b>", exists},
    {"clone", "<(oa)-:o>", clone_value},
};

}  // namespace

std::span<const Builtin> object_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata
