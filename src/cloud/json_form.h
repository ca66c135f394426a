// The small differences between a value of Cloud::call and its JSON on the wire: member names that
// differ, timestamps as text, nulls that mean absence.
#pragma once

#include "base/json_fwd.h"
#include "cloud/model.h"

namespace lifeboat::cloud {

// Both work in place; members the model does not know stay as they are.
void to_json_form(const Shape& shape, Json& value);
void from_json_form(const Shape& shape, Json& value);

// Takes out members the model does not know, at every level.
void drop_unknown_members(const Shape& shape, Json& value);

}  // namespace lifeboat::cloud
