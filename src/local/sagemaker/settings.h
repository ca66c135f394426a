// Nested settings of Studio resources: kept as they came, one member at a time replaced by updates.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/json_fwd.h"

namespace lifeboat::local::sagemaker {

// The members of `request` that are given, of those named.
Json picked(const Json& request, std::initializer_list<std::string_view> members);
// `base` with each member that `update` gives replaced.
Json overlaid(const Json& base, const Json& update);

}  // namespace lifeboat::local::sagemaker
