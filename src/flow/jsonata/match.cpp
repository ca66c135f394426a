#include "flow/jsonata/match.h"

namespace lifeboat::flow::jsonata {
namespace {

Match match_from(const Item& answer, const char* caller) {
    const auto part = [&](const char* name) {
        const Item* found = answer.is_object() ? answer.object()->find(name) : nullptr;
        return found == nullptr ? Item() : *found;
    };
    const Item text = part("match"), start = part("start"), end = part("end"),
               groups = part("groups");
    if (!text.is_string() || !start.is_number() || !end.is_number() || !groups.is_list() ||
        start.number() < 0 || end.number() <= start.number() || end.number() > 1e9)
        fail("T1010", std::string("The matcher function argument passed to function \"") + caller +
                          "\" does not return the correct object structure");
    Match match{to_points(text.text()),
                static_cast<std::size_t>(start.number()),
                static_cast<std::size_t>(end.number()),
                {}};
    for (const Item& group : groups.list()->items())
        match.groups.push_back(group.is_string() ? to_points(group.text()) : U"");
    return match;
}

}  // namespace

Item match_object(const Function& pattern, const Items& arguments, Budget& budget) {
    const Item subject =
        pattern.first.undefined() && !arguments.empty() ? arguments[0] : pattern.first;
    if (!subject.is_string()) return {};
    budget.charge_text(subject.text().size());
    const std::u32string text = to_points(subject.text());
    if (pattern.from > text.size()) return {};
    const auto found = pattern.pattern->find(text, pattern.from, budget);
    if (!found) return {};
    auto groups = new_list();
    for (const auto& group : found->groups)
        groups->push(group ? Item(to_utf8(*group)) : Item(""));
    auto object = new_object();
    object->set("match", to_utf8(found->text));
    object->set("start", found->start);
    object->set("end", found->end);
    object->set("groups", groups);
    Function next;
    next.kind = Function::Kind::Pattern;
    next.pattern = pattern.pattern;
    next.first = subject;
    next.from = found->end;
    next.arity = 0;
    object->set("next", make_function(std::move(next)));
    return object;
}

std::vector<Match> find_matches(Evaluator& evaluator, const Item& matcher, const std::string& text,
                                std::size_t limit, const char* caller) {
    std::vector<Match> matches;
    if (matcher.function()->kind == Function::Kind::Pattern) {
        const std::u32string points = to_points(text);
        for (std::size_t from = 0; matches.size() < limit && from <= points.size();) {
            const auto found = matcher.function()->pattern->find(points, from, evaluator.budget());
            if (!found) break;
            Match match{found->text, found->start, found->end, {}};
            for (const auto& group : found->groups)
                match.groups.push_back(group.value_or(U""));
            from = found->end;
            matches.push_back(std::move(match));
        }
        return matches;
    }
    Item answer = evaluator.apply(matcher, {Item(text)});
    while (!answer.undefined() && matches.size() < limit) {
        matches.push_back(match_from(answer, caller));
        const Item* next = answer.object()->find("next");
        if (next == nullptr || !next->is_function()) break;
        answer = evaluator.apply(*next, {});
    }
    return matches;
}

}  // namespace lifeboat::flow::jsonata
