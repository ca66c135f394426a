#include "local/s3/refusal.h"

#include "base/json.h"
#include "cloud/codec.h"
#include "cloud/model.h"

namespace lifeboat::local::s3 {

Error refusal(const std::string& code, const std::string& message) {
    return refusal(code, message, Json::object());
}

Error refusal(const std::string& code, const std::string& message, Json members) {
    const int status = cloud::service_model("s3").error(code).http_code;
    return Error(cloud::error_category(code, status), code, message, std::move(members));
}

}  // namespace lifeboat::local::s3
