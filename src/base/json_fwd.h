// The name of the JSON value type, without the weight of its definition. Headers include this;
// sources that touch values include "base/json.h".
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace lifeboat {
using Json = nlohmann::json;
}
