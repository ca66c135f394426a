#include "cli/exit_code.h"

#include "base/error.h"

namespace lifeboat::cli {

ExitCode exit_code_of(const Error& error) {
    switch (error.category()) {
        case ErrorCategory::NotFound:
            return kNotFound;
        case ErrorCategory::AlreadyExists:
            return kAlreadyExists;
        case ErrorCategory::InvalidInput:
        case ErrorCategory::Unsupported:
            return kUsage;
        case ErrorCategory::PermissionDenied:
            return kPermissionDenied;
        case ErrorCategory::Throttled:
        case ErrorCategory::Unavailable:
            return kTryAgain;
        case ErrorCategory::NoSpace:
            return kNoSpace;
        case ErrorCategory::Corruption:
            return kCorruption;
        case ErrorCategory::Cancelled:
            return kInterrupted;
        case ErrorCategory::Internal:
            return kFailed;
    }
    return kFailed;
}

}  // namespace lifeboat::cli
