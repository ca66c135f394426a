// What the system Lifeboat replaces gets wrong, one test per line of its list of defects.
#include <sys/stat.h>

#include <algorithm>

#include "apps/recovery/health.h"
#include "apps/recovery/item.h"
#include "apps/recovery/start_recovery.h"
#include "base/error.h"
#include "base/fault.h"
#include "recovery/story.h"

namespace lifeboat::recovery::testing {
namespace {

namespace fs = std::filesystem;

class Defect : public Story {
  protected:
    ~Defect() override { fault::install(""); }

    // A recreated profile whose old home held `text` in work.txt.
    fs::path recreate(const StudioDomain& domain, const Profile& who) {
        remove(domain, who);
        return create(domain, who);
    }
};

TEST_F(Defect, C1AStatusIsWrittenForSpacesToo) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, space()) / "work.txt", "work");
    settle_now();
    const fs::path home = recreate(domain, space());
    come_to_rest();
    EXPECT_EQ(read_file(home / "work.txt"), "work");
    EXPECT_EQ(status_of("space:space1"), "SUCCESS");
    EXPECT_GT(row("space:space1")["bytes_written"], 0);
    EXPECT_EQ(row_count(), 1u);
    EXPECT_EQ(error_of(executions()[0]["executionArn"]), "SUCCEEDED ");
}

TEST_F(Defect, C2ATargetThatNeverAppearsEndsTheWaitByName) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    const Home home = home_of(domain, user());
    const Json input = {
        {"Target",
         {{"DomainID", domain.id}, {"DomainName", "studio"}, {"UserProfileName", "nobody"}}},
        {"Source",
         {{"EfsFilesystemArn",
           "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + home.file_system},
          {"HomeEfsFileSystemUid", home.uid}}}};
    const Json started =
        ok("states", "StartExecution",
           {{"stateMachineArn", machine_arn(cloud().place())}, {"input", to_text(input)}});
    come_to_rest();
    EXPECT_EQ(error_of(started["executionArn"]), "FAILED TargetNeverAppeared");
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0]["Error"], "TargetNeverAppeared");
    EXPECT_NE(letters[0]["Profile"].get<std::string>().find("nobody"), std::string::npos);
    EXPECT_EQ(letters[0]["Input"], input);
}

TEST_F(Defect, C2AHomeDirectoryThatIsMadeLaterIsWaitedFor) {
    close();
    open_cloud({{"sagemaker.home_directory_delay_seconds", "120"}});
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = create(domain, user());
    settle_now();
    clock.advance(std::chrono::seconds(121));
    settle_now();
    write_file(old_home / "work.txt", "work");
    const fs::path home = recreate(domain, user());
    settle_now();
    EXPECT_FALSE(fs::exists(home));
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS") << row("user1").dump(1);
    EXPECT_EQ(read_file(home / "work.txt"), "work");
    EXPECT_EQ(helper_objects(), 0u);
}

TEST_F(Defect, C3MoreRecoveriesThanTheQuotaOfTasksLeaveNothingBehind) {
    close();
    open_cloud({{"datasync.task_quota", "3"}});
    const StudioDomain domain = create_domain("studio");
    constexpr int kProfiles = 8;
    for (int i = 0; i < kProfiles; ++i)
        write_file(create(domain, user("u" + std::to_string(i))) / "work.txt", std::to_string(i));
    settle_now();
    std::vector<fs::path> homes;
    for (int i = 0; i < kProfiles; ++i)
        homes.push_back(recreate(domain, user("u" + std::to_string(i))));
    come_to_rest();
    for (int i = 0; i < kProfiles; ++i) {
        EXPECT_EQ(status_of("u" + std::to_string(i)), "SUCCESS");
        EXPECT_EQ(read_file(homes[static_cast<std::size_t>(i)] / "work.txt"), std::to_string(i));
    }
    EXPECT_EQ(helper_objects(), 0u);
}

// The source's directory vanished: the failure is on the row, in the history and in the dead
// letter, each saying who, why and with which input; and nothing is left behind.
TEST_F(Defect, C3C5AFailureCleansUpAndIsSaidEverywhere) {
    const StudioDomain domain = create_domain("studio");
    const fs::path home = create(domain, user());
    settle_now();
    fs::remove_all(home);
    recreate(domain, user());
    come_to_rest();
    EXPECT_EQ(helper_objects(), 0u);
    Json failed = row("user1");
    EXPECT_EQ(failed["replication_status"], "ERROR");
    EXPECT_EQ(failed["recovery_error"], "SourceGone");
    EXPECT_NE(failed["recovery_cause"], "");
    const auto events = history_events(user());
    EXPECT_EQ(events.back(), "failed");
    Health health = read_health(cloud());
    EXPECT_EQ(health.rows["ERROR"], 1);
    EXPECT_EQ(health.rows["SUCCESS"], 0);
    EXPECT_EQ(health.dead_letters, 1);
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_NE(letters[0]["Profile"].get<std::string>().find("user1"), std::string::npos);
    EXPECT_EQ(letters[0]["Input"]["Target"]["UserProfileName"], "user1");
    EXPECT_EQ(letters[0]["Error"], "SourceGone");
    EXPECT_EQ(error_of(failed["recovery_execution"]), "FAILED SourceGone");
}

// A change that cannot be handled holds up those behind it for less than a minute; then it is a
// dead letter that says whose it is, and the sweep does what it asked for.
TEST_F(Defect, C6APoisonRecordLetsTheOthersPassAndIsNotLost) {
    const StudioDomain domain = create_domain("studio");
    for (const char* name : {"user1", "user2"})
        write_file(create(domain, user(name)) / "work.txt", name);
    settle_now();
    std::string every_time;
    for (int i = 1; i <= 100; ++i)
        every_time += "recovery.change-processor.before-start:" + std::to_string(i) + "=error,";
    fault::install(every_time);
    const fs::path first = recreate(domain, user("user1"));
    for (int i = 0; i < 60; ++i) {
        settle_now();
        clock.advance(std::chrono::seconds(1));
    }
    settle_now();
    fault::install("");
    EXPECT_TRUE(executions().empty());
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0]["requestContext"]["condition"], "RetryAttemptsExhausted");
    EXPECT_EQ(letters[0]["payload"]["Records"][0]["dynamodb"]["Keys"]["profile_name"]["S"]
                  .get<std::string>(),
              "user1");

    const fs::path second = recreate(domain, user("user2"));
    come_to_rest();
    EXPECT_EQ(read_file(second / "work.txt"), "user2");
    EXPECT_EQ(status_of("user1"), "PENDING");
    clock.advance(std::chrono::minutes(15));
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(read_file(first / "work.txt"), "user1");
}

TEST_F(Defect, C7RecreatedTwiceBeforeTheFirstCopyRan) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    close_slots();
    const fs::path second = recreate(domain, user());
    settle_now();
    write_file(second / "own.txt", "made in between");
    const fs::path third = recreate(domain, user());
    settle_now();
    EXPECT_TRUE(fs::is_empty(third));
    open_slots();
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS") << row("user1").dump(1);
    EXPECT_EQ(read_file(third / "work.txt"), "work");
    EXPECT_EQ(read_file(third / "own.txt"), "made in between");
    EXPECT_NE(row("user1")["recovery_explanation"].get<std::string>().find("newest home known"),
              std::string::npos);
    EXPECT_EQ(helper_objects(), 0u);
    EXPECT_TRUE(dead_letters().empty());
}

TEST_F(Defect, C8AUserAndASpaceOfOneNameDoNotMeet) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user("team")) / "who.txt", "the user");
    write_file(create(domain, space("team")) / "who.txt", "the space");
    settle_now();
    const fs::path a = recreate(domain, user("team")), b = recreate(domain, space("team"));
    come_to_rest();
    EXPECT_EQ(read_file(a / "who.txt"), "the user");
    EXPECT_EQ(read_file(b / "who.txt"), "the space");
    EXPECT_EQ(row_count(), 2u);
}

TEST_F(Defect, C8AFailedCreateNeverTouchesTheRegistry) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    settle_now();
    const Json before = row("user1");
    EXPECT_EQ(code_of("sagemaker", "CreateUserProfile",
                      {{"DomainId", domain.id}, {"UserProfileName", "USER1"}}),
              "ResourceInUse");
    settle_now();
    EXPECT_EQ(row("user1"), before);
    // Should the rule let it through nevertheless.
    Json answer = invoke("event-processor", {{"detail",
                                              {{"eventName", "CreateUserProfile"},
                                               {"errorCode", "ResourceInUse"},
                                               {"requestParameters", nullptr}}}});
    EXPECT_EQ(answer["Outcome"], "IGNORED");
    EXPECT_EQ(row("user1"), before);
    EXPECT_TRUE(executions().empty());
}

TEST_F(Defect, C8SeedingReadsEveryPageAndStopsForNobody) {
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    std::vector<StudioDomain> domains;
    for (int i = 0; i < 12; ++i)
        domains.push_back(create_domain("studio" + std::to_string(i)));
    for (int i = 0; i < 130; ++i)
        create(domains[0], user("u" + std::to_string(i)));
    create(domains[11], space("last"));
    Json report = invoke("seed-registry", Json::object());
    EXPECT_EQ(report["Outcomes"]["REGISTERED"], 131) << report.dump();
    EXPECT_TRUE(report["Failures"].empty());
    EXPECT_EQ(status_of("space:last", "studio11"), "NONE");
}

TEST_F(Defect, C14WhatTheUserMadeSinceStaysAndModesAreKept) {
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = create(domain, user());
    write_file(old_home / "notes.txt", "old notes");
    write_file(old_home / "run.sh", "echo");
    fs::permissions(old_home / "run.sh", fs::perms(0711));
    fs::last_write_time(old_home / "notes.txt",
                        fs::file_time_type::clock::now() - std::chrono::hours(48));
    settle_now();
    close_slots();
    const fs::path home = recreate(domain, user());
    settle_now();
    write_file(home / "notes.txt", "new notes");
    open_slots();
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS") << row("user1").dump(1);
    EXPECT_EQ(read_file(home / "notes.txt"), "new notes");
    EXPECT_EQ(fs::status(home / "run.sh").permissions(), fs::perms(0711));
}

TEST_F(Defect, C14ADryRunShowsWhatWouldBeDone) {
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = create(domain, user());
    settle_now();
    administration().set_replication({user(), "studio"}, false);
    recreate(domain, user());
    settle_now();
    Json plan = administration().plan({{user(), "studio"}, {}, ""});
    EXPECT_EQ(plan["Status"], "FOUND") << plan.dump(1);
    EXPECT_EQ(plan["Sources"][0]["HomeEfsFileSystemUid"], old_home.filename().string());
    EXPECT_EQ(plan["Options"]["OverwriteMode"], "NEWER");
    EXPECT_TRUE(executions().empty());
}

// The function dies right after its transaction: row and history are both there, once, though the
// event comes again.
TEST_F(Defect, C16RowAndHistoryAreOneTransaction) {
    const StudioDomain domain = create_domain("studio");
    fault::install("recovery.observe.after-write=error");
    create(domain, user());
    for (int i = 0; i < 5; ++i) {
        settle_now();
        clock.advance(std::chrono::seconds(90));
    }
    EXPECT_EQ(history_events(user()), std::vector<std::string>{"created"});
    EXPECT_EQ(status_of("user1"), "NONE");

    fault::install("recovery.observe.before-write=error");
    create(domain, user("user2"));
    settle_now();
    EXPECT_EQ(status_of("user2"), "no row");
    EXPECT_TRUE(history_events(user("user2")).empty());
    for (int i = 0; i < 5; ++i) {
        clock.advance(std::chrono::seconds(90));
        settle_now();
    }
    EXPECT_EQ(history_events(user("user2")), std::vector<std::string>{"created"});
}

TEST_F(Defect, C18TheSweepFindsWhatEventsMissed) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    create(domain, user("leaver"));
    settle_now();
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    const fs::path home = recreate(domain, user());
    remove(domain, user("leaver"));
    create(domain, user("joiner"));
    settle_now();
    EXPECT_TRUE(executions().empty());
    Json report = invoke("reconcile", Json::object());
    EXPECT_FALSE(report.contains("Failures")) << report.dump();
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(read_file(home / "work.txt"), "work");
    EXPECT_EQ(row("leaver")["home_state"], "deleted");
    EXPECT_EQ(status_of("joiner"), "NONE");
    EXPECT_EQ(executions().size(), 1u);
}

TEST_F(Defect, C18TheSweepRunsByItself) {
    const StudioDomain domain = create_domain("studio");
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    create(domain, user());
    settle_now();
    EXPECT_EQ(row_count(), 0u);
    clock.advance(std::chrono::minutes(16));
    settle_now();
    EXPECT_EQ(row_count(), 1u);
}

}  // namespace
}  // namespace lifeboat::recovery::testing
