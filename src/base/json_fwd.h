// The name of the JSON value type, without the weight of its definition. Headers include this;
// sources that touch values include "base/json.h".
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace lifeboat {

template <typename Key, typename Value, typename... Unused>
class OrderedObject;

// Members keep the order in which they were first set, as they do in the services of AWS: that of
// the text for what was parsed. Equality does not depend on it. Where bytes must not depend on it
// either (digests, comparisons with what is stored), use canonical_text().
using Json = nlohmann::basic_json<OrderedObject>;

}  // namespace lifeboat
