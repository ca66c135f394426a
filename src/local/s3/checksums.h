// The digests clients send with an object's bytes and get back with them. Source: Amazon S3 User
// Guide, "Checking object integrity".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::local::s3 {

// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"; the member is "Checksum" + name.
const std::vector<std::string>& checksum_algorithms();

// Base64 of the digest, as in the headers.
std::string checksum(std::string_view algorithm, std::string_view bytes);

// The checksum members of a request, checked against the bytes, and its ContentMD5. Throws
// "BadDigest" or "InvalidDigest". `algorithm`, unless empty, is computed also when not sent.
Json checked_checksums(const Json& request, std::string_view bytes, const std::string& algorithm);

// Of an object in parts: the digest of the parts' digests, "...-3".
std::string composite_checksum(std::string_view algorithm,
                               const std::vector<std::string>& part_checksums);

}  // namespace lifeboat::local::s3
