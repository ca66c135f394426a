// S3's failures while a distributed Map reads its items or writes its results.
#pragma once

#include "base/error.h"

namespace lifeboat::flow {

// Throws it in the words of a task's cause, under the name the Map state gives it, unless it has
// that name already. What was cancelled stays so.
[[noreturn]] void rename_s3_failure(const char* code, const Error& error);

}  // namespace lifeboat::flow
