// Tags of locations, tasks and executions.
#pragma once

#include <string>

#include "base/json_fwd.h"

namespace lifeboat::local {
class Transaction;
}

namespace lifeboat::local::datasync {

// Adds or replaces; `tags` is a list of {Key, Value}. Refuses more than 50 a resource and keys that
// begin with "aws:".
void put_tags(Transaction& tx, const std::string& resource, const Json& tags);
void remove_tags(Transaction& tx, const std::string& resource, const Json& keys);
void remove_all_tags(Transaction& tx, const std::string& resource);
// The answer of ListTagsForResource.
Json list_tags(Transaction& tx, const std::string& resource, const Json& request);

}  // namespace lifeboat::local::datasync
