// What file systems and access points have in common: names, tags, errors.
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/arn.h"

namespace lifeboat {
class Error;
}

namespace lifeboat::local {

class Transaction;

// The id in `id_or_arn`, which EFS accepts everywhere ("fs-...", "fsap-...").
std::string efs_resource_id(const std::string& id_or_arn);
// `kind`: "file-system" or "access-point".
std::string efs_arn(const cloud::Place& place, std::string_view kind, std::string_view id);
Error file_system_not_found(std::string_view id);

// A list of Key and Value, by key.
Json efs_tags(Transaction& tx, std::string_view resource);
// Adds or replaces. Throws Error BadRequest for "aws:" keys and above 50 tags.
void set_efs_tags(Transaction& tx, std::string_view resource, const Json& tags);

}  // namespace lifeboat::local
