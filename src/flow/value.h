// JSON values as the interpreter passes them around: shared and immutable, so that the same input
// can belong to many branches without a copy.
#pragma once

#include <memory>

#include "base/json_fwd.h"

namespace lifeboat::flow {

// Never null where a function returns or takes one; a JSON null is a value.
using Value = std::shared_ptr<const Json>;

Value make_value(Json json);

}  // namespace lifeboat::flow
