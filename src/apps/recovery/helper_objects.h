// The DataSync objects a recovery makes on the way: two locations and a task, which are removed
// when the copy has ended, however it ended. Each carries the tag kExecutionTag, by which
// `reconcile` finds what an aborted recovery left.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery {

inline constexpr std::string_view kExecutionTag = "lifeboat:execution";

// Cancels a copy that still runs, then deletes task and locations. Idempotent: what is gone
// counts as deleted. Returns what could not be deleted, as {"Arn", "Error"}.
Json delete_helpers(cloud::Cloud& cloud, const std::string& copy_execution, const std::string& task,
                    const std::vector<std::string>& locations);

struct HelperObject {
    std::string arn;
    bool is_task = false;
    std::string execution;  // ARN, from the tag
};

// Every task and location that carries the tag.
std::vector<HelperObject> tagged_helpers(cloud::Cloud& cloud);

}  // namespace lifeboat::recovery
