// Operations on up to ten entries, each of which succeeds or fails by itself.
#pragma once

#include <functional>

#include "base/json_fwd.h"

namespace lifeboat::local::sqs {

// Checks the entries' ids, then hands each entry to `run`, whose answer gets the entry's Id.
// Returns {Successful, Failed}. Throws EmptyBatchRequest, TooManyEntriesInBatchRequest,
// BatchEntryIdsNotDistinct, InvalidBatchEntryId. `run` must not change anything when it throws.
Json run_batch(const Json& request, const char* entry_type,
               const std::function<Json(const Json& entry)>& run);

}  // namespace lifeboat::local::sqs
