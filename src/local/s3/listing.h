// Listings of a bucket: by key, with prefix, delimiter and pages.
#pragma once

#include <string>
#include <vector>

#include "local/s3/store.h"

namespace lifeboat::local::s3 {

// Keys and prefixes as EncodingType "url" shows them: as in a form, a space as '+', but with their
// slashes.
std::string url_encoded(const std::string& key);

std::vector<Operation> listing_operations(Store& store);

}  // namespace lifeboat::local::s3
