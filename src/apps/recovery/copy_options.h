// The options of a recovery's DataSync task.
#pragma once

#include <string>

#include "apps/recovery/environment.h"
#include "base/json_fwd.h"

namespace lifeboat::recovery {

// What is not given: modes and times are kept, owners become the new UID where the copy can map
// them, what is newer in the new home stays, only differences are copied, each copied file is
// verified. What is given goes before.
Json copy_options(const Json& given, const std::string& target_uid, bool has_log_group,
                  const Environment& environment);

// The same for a restore from the vault: who does it can always give files to the new UID.
Json restore_options(Json options, const std::string& target_uid);

// For a home that may hold additions to work that was copied before: with options that overwrite
// regardless of age, nothing that is there already.
Json addition_options(Json options);

}  // namespace lifeboat::recovery
