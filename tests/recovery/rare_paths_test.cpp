// What functions do seldom, so that permissions_test.cpp knows of it.
#include <gtest/gtest.h>

#include "recovery/story.h"

namespace lifeboat::recovery::testing {
namespace {

constexpr const char* kGone = "arn:aws:states:us-east-1:000000000000:execution:recovery:gone";

class RarePath : public Story {
  protected:
    std::string check(const Json& target) {
        return string_or(
            invoke("check-target",
                   {{"Execution", {{"Arn", kGone}, {"StartTime", "2026-01-02T09:18:24Z"}}},
                    {"Target", target},
                    {"Check", {{"Attempt", 0}}}},
                   {{"target_ready", "app"}})["Check"],
            "Status", "");
    }

    Json location(const StudioDomain& domain) {
        const Json target = ok("efs", "DescribeMountTargets",
                               {{"FileSystemId", domain.file_system}})["MountTargets"][0];
        const std::string subnet = target["SubnetId"];
        const std::string group =
            ok("efs", "DescribeMountTargetSecurityGroups",
               {{"MountTargetId", target["MountTargetId"]}})["SecurityGroups"][0];
        return ok(
            "datasync", "CreateLocationEfs",
            {{"EfsFilesystemArn",
              "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + domain.file_system},
             {"Subdirectory", "/"},
             {"Ec2Config",
              {{"SubnetArn", "arn:aws:ec2:us-east-1:000000000000:subnet/" + subnet},
               {"SecurityGroupArns",
                {"arn:aws:ec2:us-east-1:000000000000:security-group/" + group}}}},
             {"Tags", {{{"Key", "lifeboat:execution"}, {"Value", kGone}}}}})["LocationArn"];
    }

    Json task(const StudioDomain& domain) {
        return ok("datasync", "CreateTask",
                  {{"SourceLocationArn", location(domain)},
                   {"DestinationLocationArn", location(domain)},
                   {"Tags", {{{"Key", "lifeboat:execution"}, {"Value", kGone}}}}})["TaskArn"];
    }

    // A row as the predecessors left it, in a registry nobody has taken over yet.
    void leave_old_row(const StudioDomain& domain, const std::string& name) {
        const auto text = [](const std::string& value) { return Json{{"S", value}}; };
        ok("dynamodb", "DeleteItem",
           {{"TableName", "lifeboatState"}, {"Key", {{"name", text("registry-adopted")}}}});
        ok("dynamodb", "PutItem",
           {{"TableName", "studioUser"},
            {"Item",
             {{"profile_name", text(name)},
              {"domain_name", text(domain.name)},
              {"replication", {{"BOOL", true}}},
              {"domain_id", text(domain.id)},
              {"user_profile_name", text(name)},
              {"efs_sys_id", text(domain.file_system)},
              {"efs_uid", text("200990")}}}});
    }
};

TEST_F(RarePath, ATargetIsFoundByWhatIsKnownOfIt) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    create(domain, space());
    come_to_rest();
    EXPECT_EQ(check({{"DomainName", "studio"}, {"UserProfileName", "user1"}}), "WAITING")
        << "no app";
    EXPECT_EQ(check({{"DomainName", "studio"}, {"SpaceName", "space1"}}), "WAITING");
    const Home home = home_of(domain, user());
    EXPECT_EQ(
        check({{"DomainName", "studio"},
               {"EfsFilesystemArn",
                "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + home.file_system},
               {"HomeEfsFileSystemUid", home.uid}}),
        "WAITING");
    ok("sagemaker", "CreateApp",
       {{"DomainId", domain.id},
        {"UserProfileName", "user1"},
        {"AppType", "JupyterServer"},
        {"AppName", "default"}});
    come_to_rest();
    EXPECT_EQ(check({{"DomainName", "studio"}, {"UserProfileName", "user1"}}), "READY");
}

TEST_F(RarePath, ACopyThatTookTooLongIsCancelled) {
    open_cloud({{"datasync.concurrency", "0"}});  // it stands in line
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    settle_now();
    const Json made = task(domain);
    const Json run = ok("datasync", "StartTaskExecution", {{"TaskArn", made}})["TaskExecutionArn"];
    const auto shown = [&] {
        return ok("datasync", "DescribeTaskExecution", {{"TaskExecutionArn", run}});
    };
    const Json state = invoke(
        "clean-up",
        {{"Leftovers", Json::array()},
         {"Helpers", {{"Task", {{"TaskArn", made}}}, {"Copy", {{"TaskExecutionArn", run}}}}}});
    EXPECT_EQ(shown()["Status"], "CANCELLING");
    ASSERT_EQ(state["Leftovers"].size(), 1U) << "its task, which is in use: " << state;
    EXPECT_EQ(state["Leftovers"][0]["Arn"], made);
    open_cloud();  // and its turn comes
    settle_now();
    EXPECT_EQ(shown()["Status"], "ERROR");
    EXPECT_EQ(shown()["Result"]["ErrorCode"], "Cancelled");
}

TEST_F(RarePath, TheSweepRegistersWhatEventsMissedAndRemovesWhatWasLeft) {
    ok("events", "DisableRule", {{"Name", "recovery-studio-changes"}});
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    create(domain, space());
    task(domain);
    settle_now();
    const Json report = invoke("reconcile", Json::object());
    EXPECT_EQ(row_count(), 2U) << report;
    EXPECT_EQ(helper_objects(), 0U) << report;
    remove(domain, user());
    remove(domain, space());
    settle_now();
    delete_domain(domain);
    settle_now();
    const Json later = invoke("reconcile", Json::object());
    EXPECT_EQ(later.value("DOMAIN_GONE", 0), 1) << later;
}

TEST_F(RarePath, AFileSystemWithoutMountTargetsIsReachedAsItsDomainWas) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    come_to_rest();
    const Home home = home_of(domain, user());
    const Json mounted = ok("efs", "DescribeMountTargets", {{"FileSystemId", domain.file_system}});
    ASSERT_FALSE(mounted["MountTargets"].empty());
    for (const Json& target : mounted["MountTargets"])
        ok("efs", "DeleteMountTarget", {{"MountTargetId", target["MountTargetId"]}});
    settle_now();
    const Json side = {
        {"DomainID", domain.id},
        {"DomainName", "studio"},
        {"UserProfileName", "user1"},
        {"EfsFilesystemArn",
         "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + domain.file_system},
        {"HomeEfsFileSystemUid", home.uid}};
    Json source = side;
    source["HomeEfsFileSystemUid"] = "200990";
    const Json planned = invoke("choose-source", {{"Execution", {{"Arn", kGone}}},
                                                  {"Target", side},
                                                  {"Source", source},
                                                  {"Options", Json::object()},
                                                  {"Log", Json::object()}});
    EXPECT_NE(string_or(planned["Plan"]["Source"], "SubnetArn", ""), "") << planned;
}

TEST_F(RarePath, WhoeverComesFirstTakesTheRegistryOver) {
    const StudioDomain domain = create_domain("studio");
    create(domain, user());
    come_to_rest();
    const Json event = {
        {"detail",
         {{"eventName", "CreateUserProfile"},
          {"eventSource", "sagemaker.amazonaws.com"},
          {"eventTime", "2026-01-02T09:18:24Z"},
          {"requestParameters", {{"domainId", domain.id}, {"userProfileName", "user1"}}}}}};
    const Json target = {
        {"Target",
         {{"DomainID", domain.id}, {"DomainName", "studio"}, {"UserProfileName", "user1"}}}};
    const std::map<std::string, Json> calls = {
        {"event-processor", event},
        {"reconcile", Json::object()},
        {"seed-registry", Json::object()},
        {"prepare-recovery", {{"Input", target}, {"Execution", {{"Arn", kGone}}}}}};
    int number = 0;
    for (const auto& [function, input] : calls) {
        const std::string name = "Old" + std::to_string(++number);
        leave_old_row(domain, name);
        invoke(function, input);
        EXPECT_FALSE(row("old" + std::to_string(number)).is_null()) << function;
        EXPECT_TRUE(row(name).is_null()) << function;
    }
}

}  // namespace
}  // namespace lifeboat::recovery::testing
