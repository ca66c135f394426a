// The scenarios of the system Lifeboat replaces, through the same API calls.
#include <sys/stat.h>
#include <unistd.h>

#include "apps/recovery/network.h"
#include "apps/recovery/start_recovery.h"
#include "base/error.h"
#include "recovery/story.h"

namespace lifeboat::recovery::testing {
namespace {

namespace fs = std::filesystem;

class Scenario : public Story {};

TEST_F(Scenario, IUserAndSpaceComeBackInTheSameDomain) {
    const StudioDomain domain = create_domain("studio");
    const fs::path old_user = create(domain, user()), old_space = create(domain, space());
    fill(old_user, "user");
    fill(old_space, "space");
    const auto users = listing(old_user), spaces = listing(old_space);
    settle_now();
    EXPECT_EQ(row_count(), 2u);
    EXPECT_TRUE(executions().empty());

    remove(domain, user());
    remove(domain, space());
    const fs::path new_user = create(domain, user()), new_space = create(domain, space());
    EXPECT_NE(old_user, new_user);
    come_to_rest();

    EXPECT_EQ(status_of("user1"), "SUCCESS") << row("user1").dump(1);
    EXPECT_EQ(status_of("space:space1"), "SUCCESS") << row("space:space1").dump(1);
    EXPECT_EQ(listing(new_user), users);
    EXPECT_EQ(listing(new_space), spaces);
    EXPECT_EQ(listing(old_user), users) << "the source was touched";
    EXPECT_EQ(executions().size(), 2u);
    EXPECT_EQ(helper_objects(), 0u);
    EXPECT_TRUE(dead_letters().empty());
    Json done = row("user1");
    EXPECT_GT(done["bytes_written"], 3'000'000);
    EXPECT_GT(done["files_transferred"], 5);
    EXPECT_TRUE(done["total_duration_ms"].is_number());
    EXPECT_EQ(done["recovery_source"], domain.file_system + "/" + old_user.filename().string());
    EXPECT_NE(done["recovery_explanation"], "");
    if (::geteuid() == 0) {
        struct stat status {};
        ASSERT_EQ(::stat((new_user / "project/model.py").c_str(), &status), 0);
        EXPECT_EQ(std::to_string(status.st_uid), new_user.filename().string());
    }
}

TEST_F(Scenario, ADomainRecreatedUnderItsNameWithANewFileSystem) {
    const StudioDomain first = create_domain("studio");
    const fs::path old_home = create(first, user());
    fill(old_home, "user");
    settle_now();
    remove(first, user());
    delete_domain(first);
    const StudioDomain second = create_domain("studio");
    EXPECT_NE(first.file_system, second.file_system);
    const fs::path new_home = create(second, user());
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(row("user1")["domain_id"], second.id);
    EXPECT_EQ(listing(new_home), listing(old_home));
    EXPECT_EQ(row_count(), 1u);
}

TEST_F(Scenario, IIAnExistingDomainIsSeeded) {
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = create(domain, user());
    create(domain, space());
    fill(old_home, "user");
    settle_now();
    ok("events", "EnableRule", {{"Name", "recovery-studio-changes"}});
    EXPECT_EQ(row_count(), 0u);
    Json report = administration().seed();
    EXPECT_EQ(report["Outcomes"]["REGISTERED"], 2) << report.dump();
    EXPECT_EQ(administration().seed()["Outcomes"]["KNOWN"], 2);

    remove(domain, user());
    const fs::path new_home = create(domain, user());
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_EQ(listing(new_home), listing(old_home));
}

Json side(const StudioDomain& domain, const fs::path& home) {
    Json result = {
        {"DomainID", domain.id},
        {"DomainName", domain.name},
        {"EfsFilesystemArn",
         "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + domain.file_system},
        {"HomeEfsFileSystemUid", home.filename().string()},
        {"SubnetArn", "arn:aws:ec2:us-east-1:000000000000:subnet/subnet-0a1b2c3d"}};
    result["SecurityGroupArns"].push_back(
        "arn:aws:ec2:us-east-1:000000000000:security-group/sg-0a1b2c3d");
    return result;
}

TEST_F(Scenario, IIIAManualStartInTheOldForm) {
    const StudioDomain domain = create_domain("studio");
    const fs::path old_home = create(domain, user("old")), new_home = create(domain, user("new"));
    write_file(old_home / "a/b.txt", "work");
    settle_now();
    const Json input = {{"Options",
                         {{"Gid", "NONE"},
                          {"LogLevel", "TRANSFER"},
                          {"OverwriteMode", "ALWAYS"},
                          {"PosixPermissions", "NONE"},
                          {"TransferMode", "CHANGED"},
                          {"Uid", "NONE"}}},
                        {"Log",
                         {{"CloudWatchLogGroupArn",
                           "arn:aws:logs:us-east-1:000000000000:log-group:/aws/datasync:*"}}},
                        {"Source", side(domain, old_home)},
                        {"Target", side(domain, new_home)}};
    const Json started =
        ok("states", "StartExecution",
           {{"stateMachineArn", machine_arn(cloud().place())}, {"input", to_text(input)}});
    come_to_rest();
    EXPECT_EQ(error_of(started["executionArn"]), "SUCCEEDED ");
    EXPECT_EQ(read_file(new_home / "a/b.txt"), "work");
    EXPECT_EQ(status_of("new"), "SUCCESS");
    EXPECT_EQ(helper_objects(), 0u);
}

TEST_F(Scenario, C15TheSwitchStaysAsTheAdministratorLeftIt) {
    const StudioDomain domain = create_domain("studio");
    fill(create(domain, user()), "user");
    settle_now();
    EXPECT_TRUE(administration().set_replication({user("USER1"), "studio"}, false));
    EXPECT_FALSE(administration().set_replication({user(), domain.id}, false));
    for (int i = 0; i < 2; ++i) {
        remove(domain, user());
        const fs::path home = create(domain, user());
        come_to_rest();
        EXPECT_EQ(status_of("user1"), "OFF");
        EXPECT_EQ(row("user1")["efs_uid"], home.filename().string());
        EXPECT_TRUE(fs::is_empty(home));
    }
    EXPECT_TRUE(executions().empty());
    EXPECT_EQ(row("user1")["replication"], false);

    // Switched on again, the next recreation brings the work that was passed over.
    administration().set_replication({user(), "studio"}, true);
    remove(domain, user());
    const fs::path home = create(domain, user());
    come_to_rest();
    EXPECT_EQ(status_of("user1"), "SUCCESS");
    EXPECT_TRUE(fs::exists(home / "user1.txt"));
}

TEST_F(Scenario, ReplicationToANewDomainAndProfile) {
    const StudioDomain first = create_domain("studio");
    const fs::path old_home = create(first, user());
    fill(old_home, "user");
    settle_now();
    administration().add_target({user(), "studio"}, {user("user9"), "lab"});
    EXPECT_EQ(row("user9", "lab")["home_state"], "expected");
    settle_now();
    EXPECT_TRUE(executions().empty());
    const StudioDomain second = create_domain("lab");
    const fs::path new_home = create(second, user("User9"));
    come_to_rest();
    EXPECT_EQ(status_of("user9", "lab"), "SUCCESS") << row("user9", "lab").dump(1);
    EXPECT_EQ(listing(new_home), listing(old_home));
    EXPECT_EQ(status_of("user1"), "NONE");
    EXPECT_THROW(administration().add_target({user(), "studio"}, {user("user9"), "lab"}), Error);
    EXPECT_THROW(administration().add_target({user("nobody"), "studio"}, {user("u"), "lab"}),
                 Error);
}

TEST_F(Scenario, NetworkAuthorizeLetsCopiesInOnceAndSaysWhatWasThere) {
    const StudioDomain domain = create_domain("studio");
    // The domain's own group for clients is let in from the beginning; others are not.
    Json groups = ok("ec2", "DescribeSecurityGroups",
                     {{"Filters", {{{"Name", "group-name"}, {"Values", {"default"}}}}}});
    ASSERT_EQ(groups["SecurityGroups"].size(), 1U);
    const std::string id = groups["SecurityGroups"][0]["GroupId"];
    const auto first = authorize_nfs(cloud(), domain.file_system, {id});
    ASSERT_FALSE(first.empty());
    EXPECT_FALSE(first[0].was_there);
    EXPECT_TRUE(authorize_nfs(cloud(), domain.file_system, {id})[0].was_there);
    EXPECT_THROW(authorize_nfs(cloud(), "fs-00000000", {id}), Error);
    EXPECT_THROW(authorize_nfs(cloud(), domain.file_system, {}), Error);
}

}  // namespace
}  // namespace lifeboat::recovery::testing
