// Does a file on the disk hold what an object holds?
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "bucket/bucket.h"
#include "bucket/byte_budget.h"

namespace lifeboat::bucket {

// Reads all of the open file; the bucket only where the ETag does not tell (it was made by another
// tool in parts of another size, or is that of an encrypted object). Throws as Bucket and the Error
// of errno.
bool holds_content_of(int fd, const Bucket& bucket, const Object& object, ByteBudget& budget,
                      const std::stop_token& stop);

// The same for `name` in `directory`, a file or a symbolic link (whose content is its target).
bool holds_content_of(int directory, const std::string& name, const Bucket& bucket,
                      const Object& object, ByteBudget& budget, const std::stop_token& stop);

// Bytes read at `offset`; fewer than `length` only at the end of the file. Throws the Error of
// errno.
std::string read_part(int fd, std::uint64_t offset, std::uint64_t length);

}  // namespace lifeboat::bucket
