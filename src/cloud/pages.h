// Hides pagination tokens: calls a list operation until its last page and hands out every item.
// Which members carry tokens and items is the operation's model (`pages`).
#pragma once

#include <functional>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::cloud {

// `visit` returns false to stop early. Throws Error{Internal} for an operation without pages, and
// Error{Unavailable, "PaginationLoop"} when a service answers the same token twice.
void each_item(Cloud& cloud, std::string_view service, std::string_view operation, Json request,
               const std::function<bool(const Json& item)>& visit);

// All items as one JSON array.
Json all_items(Cloud& cloud, std::string_view service, std::string_view operation, Json request);

}  // namespace lifeboat::cloud
