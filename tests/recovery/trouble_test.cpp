// Bad input, bad luck and odd order: each ends in a named state or a dead letter that says who and
// why, and never in somebody else's files.
#include <algorithm>

#include "apps/recovery/domain_record.h"
#include "apps/recovery/item.h"
#include "apps/recovery/start_recovery.h"
#include "base/error.h"
#include "base/fault.h"
#include "local/definitions.h"
#include "recovery/story.h"

namespace lifeboat::recovery::testing {
namespace {

namespace fs = std::filesystem;

class Trouble : public Story {
  protected:
    ~Trouble() override { fault::install(""); }

    fs::path recreate(const StudioDomain& domain, const Profile& who) {
        remove(domain, who);
        return create(domain, who);
    }
    Json creation(const std::string& domain_id, const std::string& name) {
        return {{"id", "e-1"},
                {"detail",
                 {{"eventName", "CreateUserProfile"},
                  {"eventTime", "2026-01-02T09:18:24Z"},
                  {"requestParameters", {{"domainId", domain_id}, {"userProfileName", name}}}}}};
    }
    std::string start(const Json& input) {
        const Json started =
            ok("states", "StartExecution",
               {{"stateMachineArn", machine_arn(cloud().place())}, {"input", to_text(input)}});
        come_to_rest();
        return error_of(string_or(started, "executionArn", ""));
    }
    void put_row(const Json& plain) {
        ok("dynamodb", "PutItem", {{"TableName", kUserTable}, {"Item", to_item(plain)}});
    }
    void lose_row(const std::string& profile_key, const std::string& domain_key) {
        ok("dynamodb", "DeleteItem",
           {{"TableName", kUserTable},
            {"Key",
             {{"profile_name", to_attribute(profile_key)},
              {"domain_name", to_attribute(domain_key)}}}});
    }
};

TEST_F(Trouble, MalformedEventsAreDeadLetters) {
    for (const Json& event : {Json::object(), Json{{"detail", nullptr}},
                              Json{{"detail", {{"eventName", "X"}}}}, creation("", "user1")})
        EXPECT_EQ(invoke("event-processor", event)["Outcome"], "REJECTED") << event.dump();
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 4u);
    for (Json& letter : letters) {
        EXPECT_EQ(letter["Error"], "MalformedEvent");
        EXPECT_NE(letter["Cause"], "");
    }
    EXPECT_NE(letters[3]["Cause"].get<std::string>().find("user1"), std::string::npos);
}

TEST_F(Trouble, AnUnknownDomainIsADeadLetterThatNamesTheProfile) {
    EXPECT_EQ(invoke("event-processor", creation("d-nowhere", "user1"))["Outcome"], "REJECTED");
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0]["Error"], "UnknownDomain");
    EXPECT_NE(letters[0]["Profile"].get<std::string>().find("user1"), std::string::npos);
    EXPECT_EQ(letters[0]["Input"], creation("d-nowhere", "user1"));
    EXPECT_EQ(row_count(), 0u);
}

TEST_F(Trouble, APendingProfileIsLookedAtAgain) {
    close();
    open_cloud({{"sagemaker.pending_seconds", "20"}});
    StudioDomain domain = create_domain("studio");
    clock.advance(std::chrono::seconds(21));
    settle_now();
    domain.file_system = string_or(ok("sagemaker", "DescribeDomain", {{"DomainId", domain.id}}),
                                   "HomeEfsFileSystemId", "");
    ok("sagemaker", "CreateUserProfile", {{"DomainId", domain.id}, {"UserProfileName", "user1"}});
    settle_now();
    EXPECT_EQ(status_of("user1"), "no row");
    for (int i = 0; i < 70; ++i) {
        clock.advance(std::chrono::seconds(1));
        settle_now();
    }
    EXPECT_EQ(status_of("user1"), "NONE");
    EXPECT_NE(row("user1")["efs_uid"], "");
    EXPECT_TRUE(dead_letters().empty());
}

TEST_F(Trouble, ManyDeliveriesOfOneRecreationMakeOneCopy) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    recreate(domain, user());
    for (int i = 0; i < 5; ++i) {
        invoke("event-processor", creation(domain.id, "user1"));
        settle_now();
    }
    come_to_rest();
    for (int i = 0; i < 5; ++i)
        invoke("event-processor", creation(domain.id, "USER1"));
    invoke("reconcile", Json::object());
    come_to_rest();
    EXPECT_EQ(executions().size(), 1u);
    EXPECT_EQ(history_events(user()),
              (std::vector<std::string>{"created", "deleted", "created", "recovered"}));
}

TEST_F(Trouble, ALateDeletionEventDoesNotBuryTheNewProfile) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    recreate(domain, user());
    come_to_rest();
    Json late = creation(domain.id, "user1");
    late["detail"]["eventName"] = "DeleteUserProfile";
    EXPECT_EQ(invoke("event-processor", late)["Outcome"], "KNOWN");
    EXPECT_EQ(row("user1")["home_state"], "live");
}

TEST_F(Trouble, NamesCompareWithoutCase) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user("Alice")) / "work.txt", "work");
    settle_now();
    remove(domain, user("aLICE"));
    const fs::path home = create(domain, user("alice"));
    come_to_rest();
    EXPECT_EQ(read_file(home / "work.txt"), "work");
    EXPECT_EQ(row_count(), 1u);
    EXPECT_EQ(status_of("alice"), "SUCCESS");
}

TEST_F(Trouble, AnEmptyUidNeverBecomesTheWholeFileSystem) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user("other")) / "secret.txt", "not yours");
    const fs::path home = create(domain, user());
    settle_now();
    const std::string arn =
        "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + domain.file_system;
    const Json target = {{"DomainID", domain.id}, {"UserProfileName", "user1"}};
    for (const Json& uid : {Json(""), Json("/"), Json("."), Json(nullptr)})
        EXPECT_EQ(start({{"Target", target},
                         {"Source", {{"EfsFilesystemArn", arn}, {"HomeEfsFileSystemUid", uid}}}}),
                  "FAILED InvalidInput")
            << uid;
    EXPECT_TRUE(fs::is_empty(home));
    EXPECT_EQ(row("user1")["recovery_error"], "InvalidInput");
    for (Json letter : dead_letters())
        EXPECT_NE(letter["Profile"].get<std::string>().find("user1"), std::string::npos);
    EXPECT_EQ(helper_objects(), 0u);
}

TEST_F(Trouble, UnusableStartInputIsRefusedByName) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    settle_now();
    for (const Json& input :
         {Json::object(), Json{{"Target", "text"}}, Json{{"Target", {{"DomainID", domain.id}}}},
          Json{{"Target", {{"UserProfileName", "user1"}}}},
          Json{{"Target", {{"DomainID", domain.id}, {"UserProfileName", "a"}, {"SpaceName", "b"}}}},
          Json{{"Target", {{"DomainID", domain.id}, {"UserProfileName", "user1"}}}, {"Options", 3}},
          Json{{"Target",
                {{"DomainID", domain.id},
                 {"UserProfileName", "user1"},
                 {"EfsFilesystemArn", "arn:aws:s3:::bucket"}}}}})
        EXPECT_EQ(start(input), "FAILED InvalidInput") << input.dump();
    EXPECT_EQ(start(Json::array({1})), "FAILED InvalidInput");
    EXPECT_EQ(dead_letters().size(), 8u);
}

TEST_F(Trouble, ADomainDeletedWithItsFileSystemEndsInSourceGone) {
    const StudioDomain first = create_domain("studio");
    write_file(create(first, user()) / "work.txt", "work");
    settle_now();
    remove(first, user());
    delete_domain(first, "Delete");
    settle_now();
    EXPECT_EQ(row("user1")["efs_retained"], false);
    const StudioDomain second = create_domain("studio");
    create(second, user());
    come_to_rest();
    EXPECT_EQ(row("user1")["recovery_error"], "SourceGone");
    EXPECT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(helper_objects(), 0u);
}

TEST_F(Trouble, TwoLiveDomainsOfOneNameKeepTheirOwn) {
    const StudioDomain first = create_domain("studio"), second = create_domain("studio");
    write_file(create(first, user()) / "work.txt", "of the first");
    settle_now();
    const fs::path other = create(second, user());
    come_to_rest();
    EXPECT_TRUE(executions().empty());
    EXPECT_TRUE(fs::is_empty(other));
    EXPECT_EQ(row("user1")["domain_id"], first.id);
    EXPECT_EQ(row("user1", "studio@" + second.id)["domain_id"], second.id);

    write_file(other / "work.txt", "of the second");
    const fs::path new_first = recreate(first, user()), new_second = recreate(second, user());
    come_to_rest();
    EXPECT_EQ(read_file(new_first / "work.txt"), "of the first");
    EXPECT_EQ(read_file(new_second / "work.txt"), "of the second");
}

TEST_F(Trouble, AnExistingInstallationIsAdopted) {
    const StudioDomain domain = create_domain("studio");
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    const fs::path alice = create(domain, user("Alice")), team = create(domain, space("Team"));
    write_file(alice / "work.txt", "alice");
    write_file(team / "work.txt", "team");
    settle_now();
    // As the AWS sample left them: keys as spelled, the space under its bare name, counters as
    // strings.
    const auto old_row = [&](const std::string& key, const std::string& user_name,
                             const std::string& space_name, const fs::path& home) -> Json {
        return {{"profile_name", key},
                {"domain_name", "studio"},
                {"replication", true},
                {"role_name", "studio"},
                {"domain_id", domain.id},
                {"user_profile_name", user_name},
                {"space_name", space_name},
                {"efs_sys_id", domain.file_system},
                {"efs_uid", home.filename().string()},
                {"bytes_written", "12"},
                {"replication_status", "SUCCESS"}};
    };
    put_row(old_row("Alice", "Alice", "", alice));
    put_row(old_row("Team", "", "Team", team));
    put_row({{"profile_name", "stray"}, {"domain_name", "studio"}, {"bytes_written", "1"}});
    ok("events", "EnableRule", {{"Name", "recovery-studio-changes"}});
    settle_now();

    const fs::path new_alice = recreate(domain, user("Alice")),
                   new_team = recreate(domain, space("Team"));
    come_to_rest();
    EXPECT_EQ(read_file(new_alice / "work.txt"), "alice");
    EXPECT_EQ(read_file(new_team / "work.txt"), "team");
    EXPECT_EQ(status_of("alice"), "SUCCESS");
    EXPECT_EQ(status_of("space:team"), "SUCCESS");
    EXPECT_EQ(status_of("Alice"), "no row");
    EXPECT_EQ(row("space:team")["former_keys"], Json::array({"Team"}));
}

// The table of rows came back empty from a backup; the history tells whose homes there were.
TEST_F(Trouble, ALostRowIsMadeGoodFromTheHistory) {
    const StudioDomain first = create_domain("studio");
    write_file(create(first, user()) / "work.txt", "work");
    write_file(create(first, space()) / "work.txt", "of the space");
    create(first, user("optout"));
    settle_now();
    administration().set_replication({user("optout"), "studio"}, false);
    for (const char* key : {"user1", "space:space1", "optout"})
        lose_row(key, "studio");
    ok("dynamodb", "DeleteItem",
       {{"TableName", kDomainTable}, {"Key", {{"domain_id", {{"S", first.id}}}}}});
    for (const Profile& who : {user(), space(), user("optout")})
        remove(first, who);
    delete_domain(first);
    settle_now();
    const StudioDomain second = create_domain("studio");
    const fs::path home = create(second, user()), space_home = create(second, space()),
                   passed_over = create(second, user("optout"));
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS") << row("user1").dump(1);
    EXPECT_EQ(read_file(home / "work.txt"), "work");
    EXPECT_EQ(read_file(space_home / "work.txt"), "of the space");
    EXPECT_EQ(status_of("optout"), "OFF");
    EXPECT_TRUE(fs::is_empty(passed_over));
}

// What a user deleted since his recovery does not come back because a row was lost.
TEST_F(Trouble, ALostRowOfALivingProfileCopiesNothingAgain) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    const fs::path home = recreate(domain, user());
    come_to_rest();
    ASSERT_EQ(status_of("user1"), "SUCCESS");
    fs::remove(home / "work.txt");
    lose_row("user1", "studio");
    invoke("reconcile", Json::object());
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(row("user1")["efs_uid"], home.filename().string());
    EXPECT_FALSE(fs::exists(home / "work.txt"));
    EXPECT_EQ(executions().size(), 1u);
    write_file(home / "later.txt", "later");
    const fs::path next = recreate(domain, user());
    come_to_rest();
    EXPECT_EQ(read_file(next / "later.txt"), "later");
    EXPECT_FALSE(fs::exists(next / "work.txt"));
}

TEST_F(Trouble, AnAbortedRecoveryIsEndedBySweepAndSucceedsOnRetry) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    close_slots();
    const fs::path home = recreate(domain, user());
    settle_now();
    const std::string execution = row("user1")["recovery_execution"];
    ok("states", "StopExecution", {{"executionArn", execution}});
    settle_now();
    EXPECT_EQ(status_of("user1"), "RUNNING");
    invoke("reconcile", Json::object());
    EXPECT_EQ(status_of("user1"), "ERROR");
    EXPECT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(helper_objects(), 0u) << "slots of executions that do not exist are released";

    const Started again = administration().retry({user(), "studio"});
    EXPECT_FALSE(again.was_there);
    EXPECT_NE(again.execution, execution);
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(read_file(home / "work.txt"), "work");
    EXPECT_THROW(administration().retry({user(), "studio"}), Error);
}

TEST_F(Trouble, ADiskThatIsFullIsACopyFailedAndMendsOnRetry) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    close_slots();
    const fs::path home = recreate(domain, user());
    settle_now();
    open_slots();
    fault::install("mover.file-write=enospc");
    come_to_rest();
    fault::install("");
    EXPECT_EQ(row("user1")["recovery_error"], "CopyFailed");
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_NE(letters[0]["Profile"].get<std::string>().find("user1"), std::string::npos);
    EXPECT_NE(letters[0]["Cause"], "");
    EXPECT_EQ(helper_objects(), 0u);
    administration().retry({user(), "studio"});
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(read_file(home / "work.txt"), "work");
}

TEST_F(Trouble, AFileThatCannotBeReadIsACopyFailed) {
    const StudioDomain domain = create_domain("studio");
    write_file(create(domain, user()) / "work.txt", "work");
    settle_now();
    close_slots();
    recreate(domain, user());
    settle_now();
    open_slots();
    fault::install("mover.file-read=eio");
    come_to_rest();
    fault::install("");
    EXPECT_EQ(row("user1")["recovery_error"], "CopyFailed");
    EXPECT_EQ(error_of(row("user1")["recovery_execution"]), "FAILED CopyFailed");
    auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0]["Error"], "CopyFailed");
    EXPECT_NE(letters[0]["Profile"].get<std::string>().find("user1"), std::string::npos);
    EXPECT_NE(letters[0]["Cause"], "");
    EXPECT_EQ(letters[0]["Input"]["Target"]["UserProfileName"], "user1");
}

TEST_F(Trouble, DefinitionsMayBeLoadedAgain) {
    local::load_definitions(cloud(), cloud().place(), clock);
    ok("events", "DisableRule", {{"Name", "recovery-reconcile"}});
    local::load_definitions(cloud(), cloud().place(), clock);
    EXPECT_EQ(ok("events", "DescribeRule", {{"Name", "recovery-reconcile"}})["State"], "DISABLED");
    EXPECT_EQ(ok("lambda", "ListEventSourceMappings", Json::object())["EventSourceMappings"].size(),
              2u);
}

}  // namespace
}  // namespace lifeboat::recovery::testing
