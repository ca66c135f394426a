// The error most of DynamoDB's refusals are: a request that must be mended.
#pragma once

#include <string>

#include "base/error.h"

namespace lifeboat::local::dynamodb {

// Error{InvalidInput, "ValidationException"}.
inline Error refusal(std::string message) {
    return Error(ErrorCategory::InvalidInput, "ValidationException", std::move(message));
}

// The same with "One or more parameter values were invalid: " in front.
inline Error invalid_parameter(const std::string& problem) {
    return refusal("One or more parameter values were invalid: " + problem);
}

}  // namespace lifeboat::local::dynamodb
