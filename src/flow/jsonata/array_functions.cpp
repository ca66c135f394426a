#include <algorithm>
#include <cmath>

#include "flow/jsonata/functions.h"

namespace lifeboat::flow::jsonata {
namespace {

Item count(Evaluator&, const Items& a) {
    return a[0].undefined() ? Item(std::size_t{0}) : Item(a[0].list()->size());
}

Item append_two(Evaluator& evaluator, const Items& a) {
    return append(a[0], a[1], evaluator.budget());
}

Item reverse(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    auto reversed = new_list();
    const Items& items = a[0].list()->items();
    evaluator.budget().charge(items.size());
    for (auto item = items.rbegin(); item != items.rend(); ++item)
        reversed->push(*item);
    return reversed;
}

Item shuffle(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    Items items = a[0].list()->items();
    evaluator.budget().charge(items.size());
    for (std::size_t i = items.size(); i > 1 && evaluator.random() != nullptr; --i)
        std::swap(items[i - 1], items[evaluator.random()->next() % i]);
    auto shuffled = new_list();
    for (Item& item : items)
        shuffled->push(std::move(item));
    return shuffled;
}

Item distinct(Evaluator& evaluator, const Items& a) {
    if (!a[0].is_list() || a[0].list()->size() <= 1) return a[0];
    auto kept = a[0].list()->sequence ? new_sequence() : new_list();
    for (const Item& item : a[0].list()->items())
        if (std::ranges::none_of(kept->items(), [&](const Item& other) {
                return equal(item, other, evaluator.budget());
            }))
            kept->push(item);
    return kept;
}

Item zip(Evaluator& evaluator, const Items& a) {
    std::size_t shortest = SIZE_MAX;
    for (const Item& list : a)
        shortest = std::min(shortest, list.undefined() ? 0 : list.list()->size());
    auto rows = new_list();
    for (std::size_t i = 0; !a.empty() && i < shortest; ++i) {
        auto row = new_list();
        evaluator.budget().charge(a.size() + 1);
        for (const Item& list : a)
            row->push(list.list()->items()[i]);
        rows->push(row);
    }
    return rows;
}

// Merge sort by hand: the order may be any function of the expression, also one that is no order.
Items merge_sorted(Evaluator& evaluator, Items items, const Item& comes_after) {
    if (items.size() <= 1) return items;
    const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
    const Items left = merge_sorted(evaluator, Items(items.begin(), middle), comes_after);
    const Items right = merge_sorted(evaluator, Items(middle, items.end()), comes_after);
    Items merged;
    std::size_t l = 0, r = 0;
    while (l < left.size() && r < right.size()) {
        evaluator.budget().charge(1);
        bool swap = false;
        if (!comes_after.undefined())
            swap = truth(evaluator.apply(comes_after, {left[l], right[r]}), evaluator.budget());
        else if (left[l].is_number())
            swap = left[l].number() > right[r].number();
        else
            swap = left[l].text() > right[r].text();
        merged.push_back(swap ? right[r++] : left[l++]);
    }
    merged.insert(merged.end(), left.begin() + static_cast<std::ptrdiff_t>(l), left.end());
    merged.insert(merged.end(), right.begin() + static_cast<std::ptrdiff_t>(r), right.end());
    return merged;
}

Item sort(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const Items& items = a[0].list()->items();
    if (items.size() <= 1) return a[0];
    const Item comparator = argument(a, 1);
    const auto all = [&items](bool (Item::*is)() const) {
        return std::ranges::all_of(items, [is](const Item& item) { return (item.*is)(); });
    };
    if (comparator.undefined() && !all(&Item::is_number) && !all(&Item::is_string))
        fail("D3070",
             "The single argument form of the sort function can only be applied to an array of "
             "strings or an array of numbers.  Use the second argument to specify a comparison "
             "function");
    auto sorted = a[0].list()->sequence ? new_sequence() : new_list();
    for (Item& item : merge_sorted(evaluator, items, comparator))
        sorted->push(std::move(item));
    return sorted;
}

constexpr Builtin kFunctions[] = {
    {"count", "<a:n>", count},     {"append", "<xx:a>", append_two}, {"reverse", "<a:a>", reverse},
    {"shuffle", "<a:a>", shuffle}, {"distinct", "<x:x>", distinct},  {"zip", "<a+>", zip},
    {"sort", "<af?:a>", sort},
};

}  // namespace

std::span<const Builtin> array_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata
