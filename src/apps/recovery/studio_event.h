// A SageMaker call as CloudTrail tells it through EventBridge.
#pragma once

#include <optional>
#include <string>

#include "apps/recovery/profile.h"
#include "base/json_fwd.h"

namespace lifeboat::recovery {

struct StudioEvent {
    std::string id;    // EventBridge's
    std::string time;  // of the call
    std::string name;  // "CreateUserProfile"
    // Not empty: the call failed and changed nothing.
    std::string error_code;
    std::string domain_id;
    std::optional<Profile> profile;  // absent for calls on domains
    bool keeps_file_system = true;   // DeleteDomain: RetentionPolicy

    bool deletes() const { return name.starts_with("Delete"); }
};

// Throws Error{InvalidInput, "MalformedEvent"} saying what is missing. What requestParameters do
// not say (they may be null) is taken from the ARN among responseElements. A failed call needs
// neither.
StudioEvent parse_studio_event(const Json& event);

}  // namespace lifeboat::recovery
