#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/json.h"

namespace lifeboat {
namespace {

TEST(Error, SaysWhatWasBeingDone) {
    Error error(ErrorCategory::NotFound, "ResourceNotFoundException", "no table 't'");
    error.within("reading the row of user1").within("handling CreateUserProfile");
    EXPECT_STREQ(error.what(),
                 "ResourceNotFoundException: no table 't' (while reading the row of user1, while "
                 "handling CreateUserProfile)");
}

TEST(Error, TurnsErrnoIntoWhatTheCallerShouldDo) {
    EXPECT_EQ(error_from_errno(ENOSPC, "write").category(), ErrorCategory::NoSpace);
    EXPECT_EQ(error_from_errno(EDQUOT, "write").category(), ErrorCategory::NoSpace);
    EXPECT_EQ(error_from_errno(ENOENT, "open").category(), ErrorCategory::NotFound);
    EXPECT_EQ(error_from_errno(EACCES, "open").code(), "EACCES");
    EXPECT_TRUE(is_retryable(error_from_errno(EIO, "read")));
    EXPECT_FALSE(is_retryable(error_from_errno(EPERM, "chown")));
}

TEST(Error, CarriesModelledMembers) {
    const Error error(ErrorCategory::InvalidInput, "ConditionalCheckFailedException", "failed",
                      Json{{"Item", {{"a", 1}}}});
    const Error copy = error;
    EXPECT_EQ(copy.members()["Item"]["a"], 1);
    EXPECT_TRUE(Error(ErrorCategory::Internal, "X", "y").members().empty());
}

}  // namespace
}  // namespace lifeboat
