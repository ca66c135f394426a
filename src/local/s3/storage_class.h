// Storage classes of objects. Which one an object is in makes a difference here for the archive
// classes alone: what is in one is kept, listed and described, and read only while a restored copy
// of it is there (local/s3/restore.h).
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "local/s3/rows.h"

namespace lifeboat::local::s3 {

// GLACIER and DEEP_ARCHIVE. GLACIER_IR is read at once, and INTELLIGENT_TIERING archives nothing
// unless a bucket is told to, which is not offered here.
bool is_archive(std::string_view storage_class);
// "STANDARD" where none was given at writing.
std::string storage_class_of(const ObjectRow& object);
// Of a writing request. Throws "InvalidStorageClass" for one that only other kinds of buckets have.
void check_storage_class(const Json& request);

}  // namespace lifeboat::local::s3
