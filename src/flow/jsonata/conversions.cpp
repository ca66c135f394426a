#include "flow/jsonata/conversions.h"

#include "base/json.h"

namespace lifeboat::flow::jsonata {

const Item& Conversions::known(const Json& place, const Value& keeper, Budget& budget) {
    if (const auto found = known_.find(&place); found != known_.end()) return found->second.item;
    Item item = from_json(place, budget);
    return known_.emplace(&place, Known{keeper, std::move(item)}).first->second.item;
}

Item Conversions::of(const Value& value, Budget& budget) {
    return known(*value, value, budget);
}

Item Conversions::of_members(const Value& object, Budget& budget) {
    budget.charge(object->size() + 1);
    auto item = new_object();
    for (const auto& [name, member] : object->items())
        item->set(name, known(member, object, budget));
    return item;
}

}  // namespace lifeboat::flow::jsonata
