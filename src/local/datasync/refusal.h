// How DataSync says no: every client error is an InvalidRequestException.
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::local::datasync {

// `code` is the member datasyncErrorCode. Throws.
[[noreturn]] void refuse(std::string message, std::string_view code = "InvalidParameter");

}  // namespace lifeboat::local::datasync
