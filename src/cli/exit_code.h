// Exit codes of the command line. Documented in docs/cli.md; scripts rely on them.
#pragma once

namespace lifeboat {
class Error;
}

namespace lifeboat::cli {

enum ExitCode : int {
    kSuccess = 0,
    kFailed = 1,   // tried, and it did not work out (an execution FAILED, an internal error)
    kUsage = 2,    // the command line or the request is wrong
    kPartial = 3,  // done in part; the report says what is missing
    kNotFound = 4,
    kAlreadyExists = 5,
    kPermissionDenied = 6,
    kTryAgain = 7,  // unavailable, throttled, timed out
    kNoSpace = 8,
    kCorruption = 9,
    kInterrupted = 130,
};

ExitCode exit_code_of(const Error& error);

}  // namespace lifeboat::cli
