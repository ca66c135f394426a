// Final snapshots of protected homes.
#include <algorithm>

#include "apps/recovery/workspace.h"
#include "recovery/protection_fixture.h"

namespace lifeboat::recovery::testing {
namespace {

namespace fs = std::filesystem;

TEST_F(Protection, TheSwitchStaysAsItIsSet) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    settle_now();
    EXPECT_FALSE(row("user1").contains("protection"));
    EXPECT_TRUE(administration().set_protection({user(), "studio"}, true));
    EXPECT_FALSE(administration().set_protection({user(), "studio"}, true));
    EXPECT_TRUE(administration().set_protection({user(), "studio"}, false));
    EXPECT_TRUE(has_event(user(), "protection"));
    remove(domain, user());
    create(domain, user());
    come_to_rest();
    EXPECT_EQ(row("user1")["protection"], false);
    ok("dynamodb", "DeleteItem",
       {{"TableName", kUserTable},
        {"Key",
         {{"profile_name", to_attribute("user1")}, {"domain_name", to_attribute("studio")}}}});
    administration().seed();
    EXPECT_EQ(row("user1")["protection"], false) << "a lost row has the switch as it was last";
    EXPECT_TRUE(executions("snapshot").empty());
}

TEST_F(Protection, AProtectedHomeIsSavedWhenItsProfileGoes) {
    const StudioDomain domain = create_domain("studio");
    const fs::path home = protected_user(domain);
    remove(domain, user());
    std::string token;
    const Json task = take_task(token);
    EXPECT_EQ(task["Action"], "backup");
    EXPECT_EQ(task["Source"], domain.file_system + "/" + home.filename().string());
    EXPECT_EQ(task["Workspace"], workspace_of({"user1", "studio"}));
    Json told = saved(task);
    told["Began"] = "2026-03-01T10:00:00.000Z";
    answer(token, told);
    EXPECT_EQ(end_of_snapshot(), "SUCCEEDED ");
    const Json now = row("user1");
    EXPECT_EQ(now["snapshot_id"], kSnapshot);
    EXPECT_EQ(now["snapshot_workspace"], task["Workspace"]);
    EXPECT_EQ(now["snapshot_home"], task["Source"]);
    EXPECT_EQ(now["snapshot_bytes"], 3'000'000);
    EXPECT_EQ(now["snapshot_began"], "2026-03-01T10:00:00.000Z");
    EXPECT_EQ(now["home_state"], "deleted");
    EXPECT_TRUE(has_event(user(), "snapshot"));
    EXPECT_TRUE(dead_letters().empty());
    EXPECT_EQ(executions("snapshot").size(), 1u);
}

TEST_F(Protection, ADomainsEndSavesEveryHome) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    protected_user(domain, space());
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    remove(domain, user());
    remove(domain, space());
    ok("events", "EnableRule", {{"Name", "recovery-studio-changes"}});
    delete_domain(domain);
    settle_now();
    EXPECT_EQ(executions("snapshot").size(), 2u);
    std::string token;
    for (int i = 0; i < 2; ++i) {
        const Json task = take_task(token);
        answer(token, saved(task));
    }
    EXPECT_EQ(row("user1")["snapshot_id"], kSnapshot);
    EXPECT_EQ(row("space:space1")["snapshot_id"], kSnapshot);
    EXPECT_NE(row("user1")["snapshot_workspace"], row("space:space1")["snapshot_workspace"]);
}

TEST_F(Protection, WithoutItNothingIsSaved) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    settle_now();
    remove(domain, user());
    settle_now();
    EXPECT_TRUE(executions("snapshot").empty());
}

TEST_F(Protection, APartialSnapshotIsKeptAndCalledPartial) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string token;
    const Json task = take_task(token);
    answer(token, saved(task, kSnapshot, 2));
    EXPECT_EQ(end_of_snapshot(), "FAILED SnapshotPartial");
    EXPECT_EQ(row("user1")["snapshot_id"], kSnapshot);
    EXPECT_EQ(row("user1")["snapshot_error"], "SnapshotPartial");
    EXPECT_TRUE(has_event(user(), "snapshot-partial"));
    const auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_NE(letters[0]["Cause"].get<std::string>().find("/secret"), std::string::npos);
}

TEST_F(Protection, WhatFailsIsADeadLetterWithTheWholeInput) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string token;
    take_task(token);
    refuse(token, "VaultNotConfigured", "this worker was started without --vault");
    EXPECT_EQ(end_of_snapshot(), "FAILED VaultNotConfigured");
    EXPECT_EQ(row("user1")["snapshot_error"], "VaultNotConfigured");
    EXPECT_TRUE(has_event(user(), "snapshot-failed"));
    Json letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0]["Function"], "snapshot");
    EXPECT_EQ(letters[0]["Input"]["UserProfileName"], "user1");
}

// The kept snapshot of an earlier home would look like that of the one that has none.
TEST_F(Protection, AFailureDoesNotStandBesideTheSnapshotOfAnotherHome) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    leave(domain, user());
    const Home second = [&] {
        create(domain, user());
        come_to_rest();
        return home_of(domain, user());
    }();
    remove(domain, user());
    std::string token;
    take_task(token);
    refuse(token, "VaultNotConfigured", "this worker was started without --vault");
    Json now = row("user1");
    EXPECT_EQ(now["snapshot_home"], second.text());
    EXPECT_EQ(now["snapshot_error"], "VaultNotConfigured");
    for (const char* attribute : {"snapshot_id", "snapshot_workspace", "snapshot_at"})
        EXPECT_FALSE(now.contains(attribute)) << attribute;

    create(domain, user());
    come_to_rest();
    remove(domain, user());
    take_task(token);
    refuse(token, "HomeNotFound", "no directory");
    now = row("user1");
    EXPECT_EQ(now["snapshot_home"],
              now["efs_sys_id"].get<std::string>() + "/" + now["efs_uid"].get<std::string>());
    EXPECT_FALSE(now.contains("snapshot_error")) << now.dump(1);
    EXPECT_FALSE(now.contains("snapshot_id"));
}

// Two homes were left and the profile lives in a third; the first one's snapshot ends last.
TEST_F(Protection, ALateSnapshotOfAnOlderHomeIsTheHistorysAlone) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    std::string first, second;
    remove(domain, user());
    const Json older = take_task(first);
    create(domain, user());
    settle_now();
    remove(domain, user());
    const Json newer = take_task(second);
    create(domain, user());
    settle_now();
    ASSERT_NE(older["Source"], newer["Source"]);
    answer(second, saved(newer, std::string(64, 'b')));
    answer(first, saved(older, std::string(64, 'a')));
    EXPECT_EQ(row("user1")["snapshot_home"], newer["Source"]);
    EXPECT_EQ(row("user1")["snapshot_id"], std::string(64, 'b'));
    const auto events = history_events(user());
    EXPECT_EQ(std::count(events.begin(), events.end(), "snapshot"), 2);
}

// Its repository is locked, or the store is down, for some hours.
TEST_F(Protection, WhatPassesIsTriedAgainForLong) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string token;
    for (int i = 0; i < 30; ++i) {
        ASSERT_EQ(string_or(take_task(token), "Action", ""), "backup") << i;
        refuse(token, "RepositoryLocked", "somebody prunes it");
        clock.advance(std::chrono::minutes(15));
    }
    const Json task = take_task(token);
    answer(token, saved(task));
    EXPECT_EQ(end_of_snapshot(), "SUCCEEDED ");
    EXPECT_TRUE(dead_letters().empty());
}

// It is not mounted at the worker that took the task first.
TEST_F(Protection, AnotherWorkerMayHaveTheFileSystem) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string token;
    take_task(token);
    refuse(token, "LocationNotFound", "there is no directory");
    const Json task = take_task(token);
    ASSERT_EQ(string_or(task, "Action", ""), "backup");
    answer(token, saved(task));
    EXPECT_EQ(end_of_snapshot(), "SUCCEEDED ");
}

TEST_F(Protection, ASnapshotThatNoWorkerTookForAWeekIsRecorded) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    settle_now();
    ASSERT_EQ(executions("snapshot").at(0)["status"], "RUNNING");
    clock.advance(std::chrono::hours(7 * 24) + std::chrono::minutes(1));
    settle_now();
    EXPECT_EQ(end_of_snapshot(), "FAILED States.Timeout");
    EXPECT_EQ(row("user1")["snapshot_error"], "States.Timeout");
    EXPECT_NE(row("user1")["snapshot_cause"].get<std::string>().find("lifeboat worker"),
              std::string::npos);
    EXPECT_EQ(dead_letters().size(), 1u);
}

TEST_F(Protection, AWorkerThatFellSilentIsReplaced) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string dead, token;
    take_task(dead);
    clock.advance(std::chrono::seconds(61));
    const Json task = take_task(token);
    ASSERT_EQ(string_or(task, "Action", ""), "backup");
    answer(token, saved(task));
    EXPECT_EQ(end_of_snapshot(), "SUCCEEDED ");
}

TEST_F(Protection, AFileSystemThatWasGoneFirstIsSaid) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    delete_domain(domain, "Delete");
    std::string token;
    for (int i = 0; i < 6; ++i) {
        ASSERT_EQ(string_or(take_task(token), "Action", ""), "backup") << i;
        refuse(token, "LocationNotFound", "there is no directory");
    }
    EXPECT_EQ(end_of_snapshot(), "FAILED SourceGone");
    EXPECT_NE(row("user1")["snapshot_cause"].get<std::string>().find(domain.file_system),
              std::string::npos);
}

TEST_F(Protection, AHomeThatWasNeverMadeIsNothingToSave) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string token;
    take_task(token);
    refuse(token, "HomeNotFound", "no directory");
    EXPECT_EQ(end_of_snapshot(), "SUCCEEDED ");
    EXPECT_TRUE(has_event(user(), "snapshot-nothing"));
    EXPECT_TRUE(dead_letters().empty());
}

// The profile lives again, in another home, before its snapshot is recorded.
TEST_F(Protection, ALateSnapshotTouchesNeitherHomeNorStatus) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    remove(domain, user());
    std::string token;
    const Json task = take_task(token);
    create(domain, user());
    for (int i = 0; i < 100 && status_of("user1") != "SUCCESS"; ++i) {
        settle_now();
        clock.advance(std::chrono::milliseconds(200));
    }
    const Json before = row("user1");
    ASSERT_EQ(before["replication_status"], "SUCCESS");
    answer(token, saved(task));
    const Json after = row("user1");
    EXPECT_EQ(after["snapshot_id"], kSnapshot);
    EXPECT_EQ(after["snapshot_home"], task["Source"]);
    for (const char* attribute :
         {"efs_uid", "home_state", "replication_status", "domain_id", "recovery_execution"})
        EXPECT_EQ(after[attribute], before[attribute]) << attribute;

    // Of the next home, first; what is told late of the earlier one is the history's alone.
    const std::string newer = std::string(60, 'b') + "0002";
    leave(domain, user(), newer);
    const Json state = {{"RowKey", {{"ProfileKey", "user1"}, {"DomainKey", "studio"}}},
                        {"DomainID", domain.id},
                        {"UserProfileName", "user1"},
                        {"FileSystem", domain.file_system},
                        {"Uid", "200990"},
                        {"Snapshot", saved(task, std::string(64, 'c'))}};
    const Json event = {{"Execution", {{"Arn", "arn:late"}}}, {"State", state}};
    invoke("record-snapshot", event);
    const std::size_t entries = history_events(user()).size();
    invoke("record-snapshot", event);
    EXPECT_EQ(history_events(user()).size(), entries) << "recorded twice";
    EXPECT_EQ(row("user1")["snapshot_id"], newer);
}

TEST_F(Protection, TheSweepStartsWhatTheStreamLost) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    lose_stream();
    settle_now();
    remove(domain, user());
    settle_now();
    invoke("reconcile", Json::object());
    EXPECT_TRUE(executions("snapshot").empty()) << "the stream may be about to start it";
    clock.advance(std::chrono::minutes(10));
    EXPECT_EQ(invoke("reconcile", Json::object())["SNAPSHOTS_STARTED"], 1);
    EXPECT_FALSE(invoke("reconcile", Json::object()).contains("SNAPSHOTS_STARTED"));
    std::string token;
    const Json task = take_task(token);
    answer(token, saved(task));
    EXPECT_EQ(row("user1")["snapshot_id"], kSnapshot);
}

// Its row was taken for a tombstone once, so that the home has a snapshot already.
TEST_F(Protection, TheSweepStartsTheSnapshotOfALaterDeparture) {
    const StudioDomain domain = create_domain("studio");
    protected_user(domain);
    leave(domain, user());
    lose_stream();
    Json now = row("user1");
    ASSERT_EQ(now["snapshot_home"],
              now["efs_sys_id"].get<std::string>() + "/" + now["efs_uid"].get<std::string>());
    clock.advance(std::chrono::hours(24));
    settle_now();  // the sweeps of that day
    now["deleted_at"] = to_iso8601_millis(clock.now());
    put_row(now);
    clock.advance(std::chrono::minutes(10));
    EXPECT_EQ(invoke("reconcile", Json::object())["SNAPSHOTS_STARTED"], 1);
    EXPECT_FALSE(invoke("reconcile", Json::object()).contains("SNAPSHOTS_STARTED"));
    std::string token;
    const Json task = take_task(token);
    const std::string newer = std::string(60, 'b') + "0002";
    answer(token, saved(task, newer));
    EXPECT_EQ(row("user1")["snapshot_id"], newer);
}

}  // namespace
}  // namespace lifeboat::recovery::testing
