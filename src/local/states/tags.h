// Tags of state machines and activities.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/service.h"

namespace lifeboat::local::states {

// A request's list of tags laid over `tags`, an object of values by key. Throws Error{InvalidInput,
// "TooManyTags"}.
void merge_tags(Json& tags, const Json& list);

// TagResource, UntagResource, ListTagsForResource.
std::vector<Operation> tag_operations();

}  // namespace lifeboat::local::states
