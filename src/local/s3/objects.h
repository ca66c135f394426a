// Objects: put, get, head, copy, delete.
#pragma once

#include <vector>

#include "local/s3/store.h"

namespace lifeboat::local::s3 {

std::vector<Operation> object_operations(Store& store);

}  // namespace lifeboat::local::s3
