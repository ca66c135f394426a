// A home is copied, as an application asks for it.
#include "local/datasync/service.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using testing::DataSyncTest;

TEST_F(DataSyncTest, CopiesAHomeAndSaysSo) {
    write(home("200000") / "notebook.ipynb", "work");
    write(home("200000") / "data" / "set.csv", "1,2,3");
    fs::create_symlink("data/set.csv", home("200000") / "latest");
    const std::string arn = task(recovery_options());
    const std::string run = start(arn);
    EXPECT_EQ(execution(run)["Status"], "QUEUED");
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Status"], "QUEUED");
    settle();
    const Json done = execution(run);
    EXPECT_EQ(done["Status"], "SUCCESS") << done;
    EXPECT_EQ(done["FilesTransferred"], 4);  // two files, a link, a directory
    EXPECT_EQ(done["EstimatedFilesToTransfer"], 4);
    EXPECT_EQ(done["BytesWritten"], 9);
    EXPECT_EQ(done["BytesTransferred"], 9);
    EXPECT_EQ(done["Result"]["TransferStatus"], "SUCCESS");
    EXPECT_EQ(done["Result"]["VerifyStatus"], "SUCCESS");
    EXPECT_GE(done["Result"]["TotalDuration"], 0);
    EXPECT_EQ(done["Options"]["VerifyMode"], "POINT_IN_TIME_CONSISTENT");
    EXPECT_EQ(read(home("200005") / "latest"), "1,2,3");
    if (::geteuid() == 0) {
        struct stat status {};
        ASSERT_EQ(::stat((home("200005") / "notebook.ipynb").c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, 200005U);
    }
    EXPECT_EQ(host().events.states,
              (std::vector<std::string>{"QUEUED", "LAUNCHING", "PREPARING", "TRANSFERRING",
                                        "VERIFYING", "SUCCESS"}));
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Status"], "AVAILABLE");
}

}  // namespace
}  // namespace lifeboat::local
