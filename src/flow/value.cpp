#include "flow/value.h"

#include "base/json.h"

namespace lifeboat::flow {

Value make_value(Json json) {
    return std::make_shared<const Json>(std::move(json));
}

}  // namespace lifeboat::flow
