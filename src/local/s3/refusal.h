// S3's errors, with the members it puts beside the message.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"
#include "cloud/codec.h"
#include "cloud/model.h"

namespace lifeboat::local::s3 {

inline Error refusal(const std::string& code, const std::string& message,
                     Json members = Json::object()) {
    const int status = cloud::service_model("s3").error(code).http_code;
    return Error(cloud::error_category(code, status), code, message, std::move(members));
}

}  // namespace lifeboat::local::s3
