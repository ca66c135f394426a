#include "local/sagemaker/lifecycle.h"

#include <fstream>

#include "base/fault.h"
#include "base/json.h"
#include "local/sagemaker/testing/studio_fixture.h"

namespace lifeboat::local {
namespace {

using testing::StudioTest;

class StudioLifecycle : public StudioTest {
  protected:
    ~StudioLifecycle() override { fault::install(""); }
    Settings slow() {
        return settings_of(
            {{"sagemaker.pending_seconds", "60"}, {"sagemaker.deleting_seconds", "30"}});
    }
    std::string domain_in_service() {
        const std::string id = make_domain();
        settle();
        clock.advance(std::chrono::seconds(60));
        settle();
        return id;
    }
};

TEST_F(StudioLifecycle, StatusesTakeTheirTime) {
    open(slow());
    const std::string id = make_domain();
    EXPECT_EQ(describe_domain(id)["Status"], "Pending");
    EXPECT_EQ(
        code_of("sagemaker", "CreateUserProfile", {{"DomainId", id}, {"UserProfileName", "user1"}}),
        "ResourceInUse");
    EXPECT_EQ(code_of("sagemaker", "DeleteDomain", {{"DomainId", id}}), "ResourceInUse");
    settle();
    clock.advance(std::chrono::seconds(59));
    settle();
    EXPECT_EQ(describe_domain(id)["Status"], "Pending");
    clock.advance(std::chrono::seconds(1));
    settle();
    EXPECT_EQ(describe_domain(id)["Status"], "InService");

    create_user(id, "user1");
    const Json pending = describe_user(id, "user1");
    EXPECT_EQ(pending["Status"], "Pending");
    EXPECT_FALSE(pending.contains("HomeEfsFileSystemUid"));
    clock.advance(std::chrono::seconds(60));
    settle();
    EXPECT_EQ(describe_user(id, "user1")["Status"], "InService");
    EXPECT_TRUE(std::filesystem::is_directory(home_of(id, "user1")));

    ok("sagemaker", "UpdateUserProfile", {{"DomainId", id}, {"UserProfileName", "user1"}});
    EXPECT_EQ(describe_user(id, "user1")["Status"], "Updating");
    EXPECT_EQ(describe_user(id, "user1")["HomeEfsFileSystemUid"], "200000");
    clock.advance(std::chrono::seconds(60));
    settle();
    delete_user(id, "user1");
    EXPECT_EQ(describe_user(id, "user1")["Status"], "Deleting");
    EXPECT_EQ(
        code_of("sagemaker", "CreateUserProfile", {{"DomainId", id}, {"UserProfileName", "user1"}}),
        "ResourceInUse");
    clock.advance(std::chrono::seconds(30));
    settle();
    EXPECT_EQ(code_of("sagemaker", "DescribeUserProfile",
                      {{"DomainId", id}, {"UserProfileName", "user1"}}),
              "ResourceNotFound");
}

TEST_F(StudioLifecycle, AppsPassThroughTheirStatuses) {
    open(slow());
    const std::string id = domain_in_service();
    create_user(id, "user1");
    clock.advance(std::chrono::seconds(60));
    settle();
    const Json key = app_key(id, "user1");
    ok("sagemaker", "CreateApp", key);
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["Status"], "Pending");
    clock.advance(std::chrono::seconds(60));
    settle();
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["Status"], "InService");
    ok("sagemaker", "DeleteApp", key);
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["Status"], "Deleting");
    EXPECT_EQ(code_of("sagemaker", "DeleteApp", key), "ResourceInUse");
    clock.advance(std::chrono::seconds(30));
    settle();
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["Status"], "Deleted");
}

TEST_F(StudioLifecycle, GoesOnAfterARestart) {
    open(slow());
    const std::string id = domain_in_service();
    create_user(id, "user1");
    create_user(id, "user2");
    clock.advance(std::chrono::seconds(60));
    settle();
    create_user(id, "user3");
    delete_user(id, "user2");
    close();
    clock.advance(std::chrono::seconds(600));
    open(slow());
    EXPECT_EQ(describe_user(id, "user3")["Status"], "Pending");
    settle();
    EXPECT_EQ(describe_user(id, "user3")["Status"], "InService");
    EXPECT_TRUE(std::filesystem::is_directory(home_of(id, "user3")));
    EXPECT_EQ(code_of("sagemaker", "DescribeUserProfile",
                      {{"DomainId", id}, {"UserProfileName", "user2"}}),
              "ResourceNotFound");
}

TEST_F(StudioLifecycle, AFullDiskEndsInFailedWithTheReason) {
    for (const char* delay : {"0", "60"}) {
        SCOPED_TRACE(delay);
        open(settings_of({{"sagemaker.pending_seconds", delay}}));
        const std::string id = domain_in_service();
        fault::install("sagemaker.before-home=enospc");
        create_user(id, "user1");
        clock.advance(std::chrono::seconds(60));
        settle();
        const Json user = describe_user(id, "user1");
        EXPECT_EQ(user["Status"], "Failed");
        EXPECT_NE(user["FailureReason"].get<std::string>().find("ENOSPC"), std::string::npos);
        EXPECT_FALSE(user.contains("HomeEfsFileSystemUid"));
        // It can be deleted and made anew.
        delete_user(id, "user1");
        settle();
        create_user(id, "user1");
        clock.advance(std::chrono::seconds(60));
        settle();
        EXPECT_EQ(describe_user(id, "user1")["HomeEfsFileSystemUid"], "200005");
    }
}

TEST_F(StudioLifecycle, NeverMakesAHomeThroughALink) {
    const std::string id = make_domain();
    const std::string file_system = describe_domain(id)["HomeEfsFileSystemId"];
    const auto outside = directory.path() / "outside";
    std::filesystem::create_directory(outside);
    std::filesystem::create_directory_symlink(outside, efs() / file_system / "200000");
    create_user(id, "user1");
    EXPECT_EQ(describe_user(id, "user1")["Status"], "Failed");
    EXPECT_EQ(std::filesystem::status(outside).permissions() & std::filesystem::perms::group_read,
              std::filesystem::perms::group_read);
}

TEST_F(StudioLifecycle, HomesMayComeLaterOrWithTheFirstApp) {
    open(settings_of({{"sagemaker.home_directory_delay_seconds", "300"}}));
    const std::string id = make_domain();
    create_user(id, "user1");
    create_user(id, "user2");
    settle();
    EXPECT_EQ(describe_user(id, "user1")["Status"], "InService");
    EXPECT_FALSE(std::filesystem::exists(home_of(id, "user1")));
    ok("sagemaker", "CreateApp", app_key(id, "user1"));
    settle();
    EXPECT_TRUE(std::filesystem::exists(home_of(id, "user1")));
    EXPECT_FALSE(std::filesystem::exists(home_of(id, "user2")));
    clock.advance(std::chrono::seconds(300));
    settle();
    EXPECT_TRUE(std::filesystem::exists(home_of(id, "user2")));
}

TEST_F(StudioLifecycle, AHomeThatAPowerCutTookComesBack) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const auto home = home_of(id, "user1");
    close();
    std::filesystem::remove_all(efs());
    open();
    settle();
    EXPECT_TRUE(std::filesystem::is_directory(home));
}

}  // namespace
}  // namespace lifeboat::local
