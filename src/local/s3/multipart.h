// Uploads in parts. A completed object is its parts' files, none is copied.
#pragma once

#include <vector>

#include "local/s3/store.h"

namespace lifeboat::local::s3 {

std::vector<Operation> multipart_operations(Store& store);

}  // namespace lifeboat::local::s3
