#include "flow/number_setting.h"

#include "base/json.h"

namespace lifeboat::flow {

// Json compares a large unsigned number as if it were negative.
bool is_negative(const Json& whole) {
    return !whole.is_number_unsigned() && whole.get<std::int64_t>() < 0;
}

bool is_above(const Json& whole, std::int64_t most) {
    return !is_negative(whole) && whole.get<std::uint64_t>() > static_cast<std::uint64_t>(most);
}

}  // namespace lifeboat::flow
