// Buckets, as DataSync's requests name them.
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::local::datasync {

// The bucket's name from its ARN; refuses what is none, naming the member `what` it came in.
std::string bucket_of(std::string_view arn, std::string_view what);

}  // namespace lifeboat::local::datasync
