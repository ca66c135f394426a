// How a recovery's end gets onto its row and into the history.
#pragma once

#include <string>

#include "apps/recovery/recovery_case.h"
#include "apps/recovery/registry.h"
#include "base/json_fwd.h"

namespace lifeboat::recovery {

struct RecoveryEnd {
    RowKey key;
    Home home;              // the one the work was brought to
    std::string domain_id;  // it is in; empty: the row's
    std::string execution;
    std::string_view status;
};

// Writes the end and `details` (attributes) once per execution; only to the history when the row is
// about another home by now.
void record_end(Registry& registry, const RecoveryEnd& end, const Json& details);

}  // namespace lifeboat::recovery
