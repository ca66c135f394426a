// RestoreObject: asks for a copy of an archived object that can be read.
#pragma once

#include <vector>

#include "local/s3/store.h"

namespace lifeboat::local::s3 {

// A restore takes as long as the setting s3.restore_seconds says, whatever its tier: until then
// GetObject and copies of the object are refused.
std::vector<Operation> restore_operations(Store& store);

}  // namespace lifeboat::local::s3
