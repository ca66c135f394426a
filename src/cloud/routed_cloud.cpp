#include "cloud/routed_cloud.h"

#include "base/json.h"

namespace lifeboat::cloud {

Json RoutedCloud::call(std::string_view service, std::string_view operation, const Json& request,
                       const CallOptions& options) {
    const auto it = chosen_.find(service);
    Cloud& cloud = it == chosen_.end() ? usual_ : *it->second;
    return cloud.call(service, operation, request, options);
}

}  // namespace lifeboat::cloud
