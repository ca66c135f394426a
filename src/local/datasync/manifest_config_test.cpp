#include "local/datasync/manifest_config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using testing::DataSyncTest;

TEST_F(DataSyncTest, AManifestSaysWhatIsCopied) {
    write(home("200000") / "a", "1");
    write(home("200000") / "b", "2");
    host().cloud.objects["list.csv"] = "/a\nmissing\n";
    const std::string arn = task(recovery_options());
    ok("UpdateTask",
       {{"TaskArn", arn}, {"ManifestConfig", manifest_config("arn:aws:s3:::reports", "list.csv")}});
    const std::string run = start(arn);
    settle();
    EXPECT_EQ(read(home("200005") / "a"), "1");
    EXPECT_FALSE(fs::exists(home("200005") / "b"));
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_NE(execution(run)["Result"]["ErrorDetail"].get<std::string>().find("missing"),
              std::string::npos);
    host().cloud.objects.clear();
    const std::string unreadable = start(arn);
    settle();
    EXPECT_EQ(execution(unreadable)["Result"]["ErrorCode"], "ManifestNotReadable");
    // An empty one takes it away.
    ok("UpdateTask", {{"TaskArn", arn}, {"ManifestConfig", Json::object()}});
    const std::string whole = start(arn);
    settle();
    EXPECT_EQ(execution(whole)["Status"], "SUCCESS");
    EXPECT_EQ(read(home("200005") / "b"), "2");
}

}  // namespace
}  // namespace lifeboat::local
