// How SageMaker says no. ValidationException is common to all operations; the others are listed per
// operation in the API reference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lifeboat::local::sagemaker {

Error not_found(std::string_view kind, std::string_view what);
Error in_use(const std::string& message);
Error invalid(const std::string& message);
// `kind` in the plural ("user profiles").
Error over_quota(std::string_view kind, std::int64_t quota, std::int64_t current);

}  // namespace lifeboat::local::sagemaker
