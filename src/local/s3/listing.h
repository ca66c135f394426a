// Listings of a bucket: by key, with prefix, delimiter and pages.
#pragma once

#include <vector>

#include "local/s3/store.h"

namespace lifeboat::local::s3 {

std::vector<Operation> listing_operations(Store& store);

}  // namespace lifeboat::local::s3
