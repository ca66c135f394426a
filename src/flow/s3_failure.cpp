#include "flow/s3_failure.h"

namespace lifeboat::flow {

void rename_s3_failure(const char* code, const Error& error) {
    if (error.category() == ErrorCategory::Cancelled) throw error;
    if (error.code() == code) throw error;
    throw Error(ErrorCategory::InvalidInput, code,
                error.message() + " (Service: Amazon S3; Error Code: " + error.code() + ")");
}

}  // namespace lifeboat::flow
