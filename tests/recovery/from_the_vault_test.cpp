// Recovery from final snapshots.
#include "apps/recovery/start_recovery.h"
#include "apps/recovery/workspace.h"
#include "base/error.h"
#include "recovery/protection_fixture.h"

namespace lifeboat::recovery::testing {
namespace {

namespace fs = std::filesystem;

using FromTheVault = Protection;

// Its work comes from the vault when no home is left.
TEST_F(FromTheVault, WorkComesBackFromTheVault) {
    const StudioDomain first = create_domain("studio");
    const fs::path old_home = protected_user(first);
    lose_home(first);
    const StudioDomain second = create_domain("studio");
    const fs::path new_home = create(second, user());
    std::string token;
    const Json task = take_task(token);
    EXPECT_EQ(task["Action"], "restore");
    EXPECT_EQ(task["SnapshotId"], kSnapshot);
    EXPECT_EQ(task["Workspace"], workspace_of({"user1", "studio"}));
    EXPECT_EQ(task["Destination"], second.file_system + "/" + new_home.filename().string());
    EXPECT_EQ(task["CreateDestination"], false);
    EXPECT_EQ(task["Options"]["OwnerUid"], std::stoll(new_home.filename().string()));
    EXPECT_EQ(task["Options"]["OverwriteMode"], "NEWER");
    answer(token, {{"Status", "SUCCESS"},
                   {"FilesTransferred", 7},
                   {"BytesWritten", 3'000'000},
                   {"Result", {{"TotalDuration", 12}}}});
    come_to_rest();
    const Json now = row("user1");
    EXPECT_EQ(now["replication_status"], "SUCCESS") << now.dump(1);
    EXPECT_EQ(now["recovery_source"],
              "snapshot aaaaaaaa of " + first.file_system + "/" + old_home.filename().string());
    EXPECT_NE(now["recovery_explanation"].get<std::string>().find("the home itself is gone"),
              std::string::npos);
    EXPECT_EQ(now["bytes_written"], 3'000'000);
    EXPECT_EQ(helper_objects(), 0u);
}

TEST_F(FromTheVault, ARestoreThatNoWorkerTookForAWeekIsRecorded) {
    const StudioDomain first = create_domain("studio");
    protected_user(first);
    lose_home(first);
    create(create_domain("studio"), user());
    for (int i = 0; i < 100 && status_of("user1") != "RUNNING"; ++i) {
        settle_now();
        clock.advance(std::chrono::seconds(1));
    }
    settle_now();
    ASSERT_EQ(status_of("user1"), "RUNNING");
    clock.advance(std::chrono::hours(7 * 24) + std::chrono::minutes(1));
    settle_now();
    const Json now = row("user1");
    EXPECT_EQ(now["recovery_error"], "CopyFailed") << now.dump(1);
    EXPECT_NE(string_or(now, "recovery_cause", "").find("States.Timeout: no worker"),
              std::string::npos)
        << now.dump(1);
    EXPECT_EQ(helper_objects(), 0u);
}

TEST_F(FromTheVault, ARestoreWaitsForAnotherIntoTheSameHome) {
    const StudioDomain first = create_domain("studio");
    protected_user(first);
    lose_home(first);
    create(create_domain("studio"), user());
    std::string token;
    for (int i = 0; i < 12; ++i) {
        ASSERT_EQ(string_or(take_task(token), "Action", row("user1").dump(1)), "restore") << i;
        refuse(token, "DestinationBusy", "another copy to the same destination is running");
    }
    ASSERT_EQ(take_task(token)["SnapshotId"], kSnapshot);
    finish_restore(token);
}

// All of it in one breath: the worker has read the home and not told of it yet.
TEST_F(FromTheVault, ASnapshotThatIsRecordedLateStillBringsTheWorkHome) {
    const StudioDomain first = create_domain("studio");
    protected_user(first);
    std::string backup, restore;
    const Json task = lose_home_before_the_snapshot(first, backup);
    EXPECT_FALSE(invoke("reconcile", Json::object()).contains("TRIED_AGAIN"));
    clock.advance(std::chrono::seconds(1));
    answer(backup, saved(task));
    EXPECT_EQ(invoke("reconcile", Json::object())["TRIED_AGAIN"], 1);
    EXPECT_EQ(take_task(restore)["SnapshotId"], kSnapshot);
    finish_restore(restore);
}

// The snapshot is recorded between the choice of the source and the record of the failure.
TEST_F(FromTheVault, ASnapshotThatTheChoiceJustMissedBringsTheWorkHome) {
    const StudioDomain first = create_domain("studio");
    protected_user(first);
    std::string backup, restore;
    const Json task = lose_home_before_the_snapshot(first, backup);
    answer(backup, saved(task));
    clock.advance(std::chrono::seconds(1));
    Json now = row("user1");
    ASSERT_TRUE(now.contains("recovery_decided_at"));
    now["recovery_finished_at"] = to_iso8601_millis(clock.now());
    put_row(now);
    EXPECT_EQ(invoke("reconcile", Json::object())["TRIED_AGAIN"], 1);
    EXPECT_EQ(take_task(restore)["SnapshotId"], kSnapshot);
    finish_restore(restore);
    EXPECT_FALSE(invoke("reconcile", Json::object()).contains("TRIED_AGAIN"));
}

TEST_F(FromTheVault, ASnapshotThatIsGoneFailsByName) {
    const StudioDomain first = create_domain("studio");
    protected_user(first);
    lose_home(first);
    create(create_domain("studio"), user());
    std::string token;
    take_task(token);
    refuse(token, "SnapshotNotFound", "there is no snapshot aaaa any more");
    come_to_rest();
    EXPECT_EQ(row("user1")["recovery_error"], "SourceGone");
    EXPECT_EQ(dead_letters().size(), 1u);
}

// An administrator may remove directories of those who left, and keep the file system.
TEST_F(FromTheVault, ADirectoryThatWasRemovedIsReplacedByItsSnapshot) {
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = protected_user(domain);
    leave(domain, user());
    fs::remove_all(old_home);
    create(domain, user());
    std::string token;
    const Json task = take_task(token);
    ASSERT_EQ(string_or(task, "Action", to_text(executions())), "restore");
    finish_restore(token);
    EXPECT_TRUE(row("user1")["recovery_source"].get<std::string>().starts_with("snapshot "));
}

TEST_F(FromTheVault, AMissingSourceIsNotTakenForATargetOfTheSameUid) {
    const StudioDomain first = create_domain("studio");
    const fs::path old_home = protected_user(first);
    leave(first, user());
    delete_domain(first);
    fs::remove_all(old_home);
    const fs::path new_home = create(create_domain("studio"), user());
    ASSERT_EQ(new_home.filename(), old_home.filename());
    std::string token;
    ASSERT_EQ(string_or(take_task(token), "Action", row("user1").dump(1)), "restore");
    finish_restore(token);
}

TEST_F(FromTheVault, WhatAStandInLacksIsSaid) {
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = protected_user(domain);
    leave(domain, user(), kSnapshot, 2);
    fs::remove_all(old_home);
    create(domain, user());
    std::string token;
    ASSERT_EQ(string_or(take_task(token), "Action", to_text(executions())), "restore");
    finish_restore(token);
    EXPECT_NE(row("user1")["recovery_explanation"].get<std::string>().find(
                  "was taken, and 2 of its files could not be read"),
              std::string::npos)
        << row("user1").dump(1);
}

// The home may be there, at another worker or in an hour: its snapshot is older, and not taken.
TEST_F(FromTheVault, AFileSystemThatIsNotMountedIsWaitedFor) {
    open_cloud({}, {{"copy_engine", "worker"}});
    const StudioDomain domain = create_domain("studio");
    const std::string old_home =
        domain.file_system + "/" + protected_user(domain).filename().string();
    leave(domain, user());
    create(domain, user());
    std::string token;
    for (int i = 0; i < 12; ++i) {
        const Json task = take_task(token);
        ASSERT_TRUE(task.is_object() && task["Source"] == old_home) << i << task;
        refuse(token, "FileSystemNotMounted", "there is no directory " + old_home);
    }
    ASSERT_EQ(take_task(token)["Source"], old_home);
    finish_restore(token);
    EXPECT_EQ(row("user1")["recovery_source"], old_home);
}

TEST_F(FromTheVault, ARecoveryByHandTakesTheSnapshotThatIsNamed) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    leave(domain, user());
    create(domain, user());
    come_to_rest();
    EXPECT_THROW(administration().start({{user(), "studio"}, std::nullopt, "", "bbbb"}), Error);
    administration().start({{user(), "studio"}, std::nullopt, "", "aaaa"});
    std::string token;
    const Json task = take_task(token);
    EXPECT_EQ(task["SnapshotId"], kSnapshot);
    finish_restore(token);
}

}  // namespace
}  // namespace lifeboat::recovery::testing
