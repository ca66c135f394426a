#include "local/datasync/refusal.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::datasync {

void refuse(std::string message, std::string_view code) {
    throw Error(ErrorCategory::InvalidInput, "InvalidRequestException", std::move(message),
                {{"errorCode", code}, {"datasyncErrorCode", code}});
}

}  // namespace lifeboat::local::datasync
