// Executions that fail, are cancelled, stopped or killed.
#include "local/datasync/executions.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

#include "base/fault.h"
#include "base/json.h"
#include "local/testing/datasync_fixture.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;
using testing::DataSyncTest;

TEST_F(DataSyncTest, OneExecutionOfATaskAtATime) {
    const std::string arn = task();
    const std::string run = start(arn);
    EXPECT_EQ(refused("StartTaskExecution", {{"TaskArn", arn}}),
              "InvalidRequestException[TaskAlreadyRunning]");
    EXPECT_EQ(refused("DeleteTask", {{"TaskArn", arn}}), "InvalidRequestException[TaskInUse]");
    settle();
    EXPECT_NE(start(arn), run);
}

TEST_F(DataSyncTest, AMissingSourceEndsInAnError) {
    const std::string arn = task(Json::object(), "/gone");
    const std::string run = start(arn);
    settle();
    const Json done = execution(run);
    EXPECT_EQ(done["Status"], "ERROR");
    EXPECT_EQ(done["Result"]["ErrorCode"], "LocationNotFound");
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["ErrorCode"], "LocationNotFound");
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Status"], "AVAILABLE");
}

TEST_F(DataSyncTest, AFileThatCannotBeCopiedIsNamedAndTheRestArrives) {
    write(home("200000") / "a", "x");
    write(home("200000") / "b", "x");
    const std::string run = start(task());
    fault::install("mover.file-write=enospc");
    settle();
    fault::install("");
    const Json done = execution(run);
    EXPECT_EQ(done["Status"], "ERROR");
    EXPECT_EQ(done["Result"]["ErrorCode"], "FilesNotTransferred");
    EXPECT_NE(done["Result"]["ErrorDetail"].get<std::string>().find("ENOSPC"), std::string::npos);
    EXPECT_EQ(done["Result"]["TransferStatus"], "ERROR");
    EXPECT_NE(fs::exists(home("200005") / "a"), fs::exists(home("200005") / "b"));
}

TEST_F(DataSyncTest, ACancelledExecutionEndsAndTheNextOneRepairs) {
    write(home("200000") / "a", std::string(100000, 'x'));
    // One byte a second of a clock that stands still: it never ends by itself.
    const std::string arn = task({{"BytesPerSecond", 1}});
    std::string run = start(arn);
    host().jobs.start(2);
    while (execution(run)["Status"] != "TRANSFERRING")
        std::this_thread::yield();
    ok("CancelTaskExecution", {{"TaskExecutionArn", run}});
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_EQ(execution(run)["Result"]["ErrorCode"], "Cancelled");
    EXPECT_EQ(refused("CancelTaskExecution", {{"TaskExecutionArn", run}}),
              "InvalidRequestException[TaskExecutionNotRunning]");
    EXPECT_TRUE(fs::is_empty(home("200005")));
    // The rate can be changed while it runs.
    run = start(arn);
    while (execution(run)["Status"] != "TRANSFERRING")
        std::this_thread::yield();
    EXPECT_NE(refused("UpdateTaskExecution",
                      {{"TaskExecutionArn", run}, {"Options", {{"VerifyMode", "NONE"}}}}),
              "");
    ok("UpdateTaskExecution", {{"TaskExecutionArn", run}, {"Options", {{"BytesPerSecond", -1}}}});
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    EXPECT_EQ(execution(run)["Options"]["BytesPerSecond"], -1);
}

TEST_F(DataSyncTest, ACancelledExecutionThatHasNotBegunNeverBegins) {
    write(home("200000") / "a", "x");
    const std::string run = start(task());
    ok("CancelTaskExecution", {{"TaskExecutionArn", run}});
    EXPECT_EQ(execution(run)["Status"], "CANCELLING");
    settle();
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_TRUE(fs::is_empty(home("200005")));
}

TEST_F(DataSyncTest, AStoppedProcessGoesOnAtTheNextStart) {
    write(home("200000") / "a", std::string(1000, 'x'));
    // Both roots may be as old as each other, to the clock's tick: let this one be older for sure.
    fs::last_write_time(home("200000"), fs::file_time_type::clock::now() - std::chrono::hours(1));
    const std::string arn = task({{"BytesPerSecond", 1}});
    const std::string run = start(arn);
    host().jobs.start(2);
    while (execution(run)["Status"] != "TRANSFERRING")
        std::this_thread::yield();
    host_.reset();
    EXPECT_EQ(execution(run)["Status"], "TRANSFERRING");
    ok("UpdateTaskExecution", {{"TaskExecutionArn", run}, {"Options", {{"BytesPerSecond", -1}}}});
    settle();
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    // The file, and the root whose time differed, as in a run that was not stopped.
    EXPECT_EQ(execution(run)["FilesTransferred"], 2);
}

TEST_F(DataSyncTest, AKilledExecutionEndsLikeAnUndisturbedOne) {
    for (int i = 0; i < 60; ++i)
        write(home("200000") / ("d" + std::to_string(i % 7)) / std::to_string(i),
              std::string(static_cast<std::size_t>(i), 'x'));
    const auto kill_at = [&](const std::string& script) {
        const pid_t child = ::fork();
        if (child == 0) {
            fault::install(script);
            start(task(recovery_options()));
            host().jobs.start(2);
            host().jobs.settle(std::chrono::seconds(60));
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFSIGNALED(status);
    };
    for (const char* script :
         {"datasync.launched=kill", "datasync.noted=kill", "datasync.noted:2=kill",
          "mover.directory-created:4=kill", "mover.file-before-mode:30=kill",
          "mover.file-after-naming:55=kill", "mover.tree-before-times:5=kill",
          "datasync.noted:3=kill", "mover.verify-read:20=kill", "datasync.copied=kill",
          "jobs.before-end=kill"}) {
        SCOPED_TRACE(script);
        host_.reset();
        fs::remove_all(home("200005"));
        fs::create_directory(home("200005"));
        for (const char* file : {"lifeboat.db", "lifeboat.db-wal", "lifeboat.db-shm"})
            fs::remove(temporary_.path() / file);
        ASSERT_TRUE(kill_at(script));
        settle();
        const Json runs = ok("ListTaskExecutions", Json::object())["TaskExecutions"];
        ASSERT_EQ(runs.size(), 1U);
        const Json done = execution(runs[0]["TaskExecutionArn"]);
        EXPECT_EQ(done["Status"], "SUCCESS") << done;
        EXPECT_EQ(done["FilesTransferred"], 67);
        EXPECT_EQ(done["EstimatedFilesToTransfer"], 67);
        EXPECT_EQ(done["BytesWritten"], 1770);
        EXPECT_EQ(done["BytesTransferred"], 1770);
        EXPECT_FALSE(done.contains("FirstEstimate"));
        for (int i = 0; i < 60; ++i)
            EXPECT_EQ(
                fs::file_size(home("200005") / ("d" + std::to_string(i % 7)) / std::to_string(i)),
                static_cast<std::uintmax_t>(i));
    }
}

}  // namespace
}  // namespace lifeboat::local
