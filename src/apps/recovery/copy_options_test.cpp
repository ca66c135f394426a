#include "apps/recovery/copy_options.h"

#include <gtest/gtest.h>

#include "apps/recovery/testing/scripted_cloud.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"

namespace lifeboat::recovery {
namespace {

class CopyOptions : public ::testing::Test {
  protected:
    Json made(const Json& given, std::map<std::string, std::string> variables = {}) {
        context.environment = std::move(variables);
        return copy_options(given, "200005", false, Environment(context));
    }

    testing::ScriptedCloud cloud;
    lifeboat::testing::ManualClock clock{from_epoch_seconds(1767345504)};
    SeededRandom random{1};
    cloud::FunctionContext context{cloud, clock, random, {}, "r", {}, {}};
};

TEST_F(CopyOptions, C14KeepsWhatIsNewerMapsOwnersAndKeepsModes) {
    const Json options = made(Json::object());
    EXPECT_EQ(options["OverwriteMode"], "NEWER");
    EXPECT_EQ(options["OwnerUid"], 200005);
    EXPECT_EQ(options["PosixPermissions"], "PRESERVE");
    EXPECT_EQ(options["PreserveDeletedFiles"], "PRESERVE");
}

TEST_F(CopyOptions, WhatIsGivenGoesBefore) {
    const Json options = made({{"OverwriteMode", "ALWAYS"}, {"Uid", "NONE"}});
    EXPECT_EQ(options["OverwriteMode"], "ALWAYS");
    EXPECT_EQ(options["Uid"], "NONE");
}

TEST_F(CopyOptions, HasNothingForAwsThatDataSyncDoesNotKnow) {
    const Json options =
        made(Json::object(), {{"OVERWRITE_MODE", "NEVER"}, {"MAP_OWNER", "false"}});
    EXPECT_EQ(options["OverwriteMode"], "NEVER");
    EXPECT_FALSE(options.contains("OwnerUid"));
}

TEST_F(CopyOptions, AnAdditionNeverOverwritesRegardlessOfAge) {
    EXPECT_EQ(addition_options({{"OverwriteMode", "ALWAYS"}})["OverwriteMode"], "NEVER");
    EXPECT_EQ(addition_options({{"OverwriteMode", "NEWER"}})["OverwriteMode"], "NEWER");
}

}  // namespace
}  // namespace lifeboat::recovery
