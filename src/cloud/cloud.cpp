#include "cloud/cloud.h"

#include "base/json.h"

namespace lifeboat::cloud {

Json Cloud::call(std::string_view service, std::string_view operation, const Json& request) {
    return call(service, operation, request, CallOptions{});
}

}  // namespace lifeboat::cloud
