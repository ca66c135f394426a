// The queue of what could not be done: each message says which profile, why, and what the input
// was.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "cloud/function.h"

namespace lifeboat::recovery {

inline constexpr std::string_view kDeadLetterQueue = "recovery-dead-letter";

// Sends {"Function", "Profile", "Error", "Cause", "Input"}; blocks until it is durable.
void send_dead_letter(cloud::FunctionContext& context, std::string_view function,
                      const std::string& profile, const std::string& error,
                      const std::string& cause, const Json& input);

}  // namespace lifeboat::recovery
