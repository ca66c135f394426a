// JSON values that were converted for one expression, kept for the next: the input of a state is
// converted, and paid for, once, however many expressions look at it.
//
// Sound because items do not change once built (item.h). Not thread-safe.
#pragma once

#include <map>

#include "flow/jsonata/item.h"
#include "flow/value.h"

namespace lifeboat::flow::jsonata {

class Conversions {
  public:
    // The value as an item. Throws what from_json throws.
    Item of(const Value& value, Budget& budget);
    // The same for an object whose members are kept one by one.
    Item of_members(const Value& object, Budget& budget);
    // The value at that place - a member, too - has changed.
    void forget(const Json& place) { known_.erase(&place); }

  private:
    struct Known {
        Value keeper;  // so that no other value comes to lie at the same place
        Item item;
    };
    const Item& known(const Json& place, const Value& keeper, Budget& budget);

    std::map<const Json*, Known> known_;
};

}  // namespace lifeboat::flow::jsonata
