// S3's errors, with the members it puts beside the message.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json_fwd.h"

namespace lifeboat::local::s3 {

// `code` is in the model of s3, which knows its HTTP status.
Error refusal(const std::string& code, const std::string& message);
Error refusal(const std::string& code, const std::string& message, Json members);

}  // namespace lifeboat::local::s3
