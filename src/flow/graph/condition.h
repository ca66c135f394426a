// A choice rule in one line for people: "$.kind == \"user\" and not ($.n is present)".
#pragma once

#include <string>

#include "base/json_fwd.h"

namespace lifeboat::flow::graph {

// Any JSON will do; what is not understood is shown as it is.
std::string condition(const Json& rule);

}  // namespace lifeboat::flow::graph
