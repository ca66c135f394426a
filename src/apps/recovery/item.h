// DynamoDB items as plain JSON objects and back: {"efs_uid": {"S": "200000"}} is
// {"efs_uid": "200000"}.
#pragma once

#include "base/json_fwd.h"

namespace lifeboat::recovery {

// Numbers come out as integers where they are integers, sets as arrays. Throws
// Error{InvalidInput, "MalformedItem"} for what is no item.
Json from_item(const Json& item);
// Strings, numbers, booleans, null, arrays (as lists) and objects (as maps).
Json to_item(const Json& plain);
Json to_attribute(const Json& plain);

}  // namespace lifeboat::recovery
