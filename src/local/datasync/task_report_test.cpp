#include "local/datasync/task_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/fault.h"
#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

using testing::DataSyncTest;

TEST_F(DataSyncTest, ATaskReportSaysWhatBecameOfEachFile) {
    write(home("200000") / "a", "12345");
    write(home("200000") / "bad", "x");
    const std::string arn = task(recovery_options());
    ok("UpdateTask",
       {{"TaskArn", arn}, {"TaskReportConfig", report_config("SUCCESSES_AND_ERRORS")}});
    const std::string run = start(arn);
    EXPECT_EQ(execution(run)["ReportResult"]["Status"], "PENDING");
    settle();
    EXPECT_EQ(execution(run)["ReportResult"]["Status"], "SUCCESS") << execution(run);
    const Json summary = report(run, "");
    EXPECT_EQ(summary["Status"], "SUCCESS");
    EXPECT_EQ(summary["FilesTransferred"], execution(run)["FilesTransferred"]);
    EXPECT_EQ(summary["DestinationLocation"]["LocationUri"].get<std::string>().substr(0, 6),
              "efs://");
    const Json transferred = report(run, "transferred")["Transferred"];
    const auto a = std::find_if(transferred.begin(), transferred.end(),
                                [](const Json& entry) { return entry["RelativePath"] == "/a"; });
    ASSERT_NE(a, transferred.end()) << transferred;
    EXPECT_EQ((*a)["TransferStatus"], "SUCCESS");
    EXPECT_EQ((*a)["TransferType"], "CONTENT_AND_METADATA");
    EXPECT_EQ((*a)["SrcMetadata"]["ContentSize"], 5);
    EXPECT_EQ((*a)["SrcMetadata"]["Type"], "Regular");
    // The home itself, too.
    EXPECT_EQ(report(run, "verified")["Verified"].size(), 3U);

    ok("UpdateTask", {{"TaskArn", arn}, {"TaskReportConfig", report_config("ERRORS_ONLY")}});
    write(home("200000") / "bad", "changed");
    fault::install("mover.file-write=eio");
    const std::string failing = start(arn);
    settle();
    fault::install("");
    const Json errors = report(failing, "transferred")["Transferred"];
    ASSERT_EQ(errors.size(), 1U) << errors;
    EXPECT_EQ(errors[0]["RelativePath"], "/bad");
    EXPECT_EQ(errors[0]["TransferStatus"], "FAILED");
    EXPECT_EQ(errors[0]["ErrorCode"], "EIO");
    EXPECT_EQ(report(failing, "")["Status"], "ERROR");
}

TEST_F(DataSyncTest, AReportThatCannotBeWrittenDoesNotStopTheCopy) {
    write(home("200000") / "a", "1");
    const std::string arn = task(recovery_options());
    Json config = report_config("ERRORS_ONLY");
    config["Destination"]["S3"]["S3BucketArn"] = "arn:aws:s3:::no-such-bucket";
    ok("UpdateTask", {{"TaskArn", arn}, {"TaskReportConfig", config}});
    const std::string run = start(arn);
    settle();
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    EXPECT_EQ(execution(run)["ReportResult"]["Status"], "ERROR");
    EXPECT_EQ(execution(run)["ReportResult"]["ErrorCode"], "NoSuchBucket");
}

}  // namespace
}  // namespace lifeboat::local
