// Where an S3 request goes: a bucket is part of the host name on AWS, part of the path elsewhere.
// Source: Amazon S3 User Guide, "Virtual hosting of general purpose buckets".
#pragma once

#include <string_view>

#include "cloud/http_message.h"
#include "cloud/url.h"

namespace lifeboat::cloud {

// Whether the name can stand in a host name under AWS's certificate: 3 to 63 of a-z, 0-9 and '-',
// without a dot.
bool can_be_host_label(std::string_view bucket);

// Moves the bucket from the path ("/bucket/key") to the host; leaves alone what cannot move.
void address_bucket_by_host(std::string_view bucket, Url& server, HttpRequest& request);

}  // namespace lifeboat::cloud
