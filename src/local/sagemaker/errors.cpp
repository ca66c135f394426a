#include "local/sagemaker/errors.h"

namespace lifeboat::local::sagemaker {

Error not_found(std::string_view kind, std::string_view what) {
    return Error(ErrorCategory::NotFound, "ResourceNotFound",
                 std::string(kind) + " [" + std::string(what) + "] does not exist.");
}

Error in_use(const std::string& message) {
    return Error(ErrorCategory::AlreadyExists, "ResourceInUse", message);
}

Error invalid(const std::string& message) {
    return Error(ErrorCategory::InvalidInput, "ValidationException", message);
}

Error over_quota(std::string_view kind, std::int64_t quota, std::int64_t current) {
    const std::string unit(kind);
    return Error(ErrorCategory::InvalidInput, "ResourceLimitExceeded",
                 "The account-level service limit 'Number of " + unit + "' is " +
                     std::to_string(quota) + " " + unit + ", with current utilization of " +
                     std::to_string(current) + " " + unit + " and a request delta of 1 " + unit +
                     ".");
}

}  // namespace lifeboat::local::sagemaker
