// Errors in SQS's words.
#pragma once

#include <string>

#include "base/error.h"

namespace lifeboat::local::sqs {

inline Error refusal(const std::string& code, const std::string& message) {
    return Error(ErrorCategory::InvalidInput, code, message);
}

inline Error invalid_parameter(const std::string& value, const std::string& parameter,
                               const std::string& reason) {
    return refusal("InvalidParameterValue", "Value " + value + " for parameter " + parameter +
                                                " is invalid. Reason: " + reason);
}

inline Error missing_parameter(const std::string& parameter) {
    return refusal("MissingParameter", "The request must contain the parameter " + parameter + ".");
}

}  // namespace lifeboat::local::sqs
