#include "local/sagemaker/apps.h"

#include "base/json.h"
#include "cloud/pages.h"
#include "local/sagemaker/testing/studio_fixture.h"

namespace lifeboat::local {
namespace {

using testing::StudioTest;

class StudioApps : public StudioTest {};

TEST_F(StudioApps, KeepTheirOwnerFromBeingDeletedUntilTheyAreDeleted) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const Json key = app_key(id, "user1");
    const Json made = ok("sagemaker", "CreateApp", key);
    EXPECT_EQ(made["AppArn"], "arn:aws:sagemaker:us-east-1:000000000000:app/" + id +
                                  "/user1/jupyterserver/default");
    const Json user = {{"DomainId", id}, {"UserProfileName", "user1"}};
    EXPECT_EQ(code_of("sagemaker", "DeleteUserProfile", user), "ResourceInUse");
    EXPECT_NE(last_message.find("App(s)"), std::string::npos);
    EXPECT_EQ(code_of("sagemaker", "CreateApp", key), "ResourceInUse");
    ok("sagemaker", "DeleteApp", key);
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["Status"], "Deleted");
    EXPECT_EQ(code_of("sagemaker", "DeleteApp", key), "ResourceNotFound");
    ok("sagemaker", "DeleteUserProfile", user);
}

TEST_F(StudioApps, AreListedForADayAfterTheirDeletion) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const Json key = app_key(id, "user1");
    ok("sagemaker", "CreateApp", key);
    ok("sagemaker", "DeleteApp", key);
    ok("sagemaker", "CreateApp", key);
    const auto statuses = [&] {
        std::vector<std::string> all;
        const Json answer = ok("sagemaker", "ListApps", {{"DomainIdEquals", id}});
        for (const Json& app : answer["Apps"])
            all.push_back(app["Status"]);
        return all;
    };
    EXPECT_EQ(statuses(), (std::vector<std::string>{"Deleted", "InService"}));
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["Status"], "InService");
    settle();
    clock.advance(std::chrono::hours(25));
    settle();
    EXPECT_EQ(statuses(), std::vector<std::string>{"InService"});
}

TEST_F(StudioApps, BelongToAUserOrASpaceNotBoth) {
    const std::string id = make_domain();
    create_user(id, "user1");
    create_space(id, "space1");
    Json both = app_key(id, "user1");
    both["SpaceName"] = "space1";
    EXPECT_EQ(code_of("sagemaker", "CreateApp", both), "ValidationException");
    Json neither = app_key(id, "user1");
    neither.erase("UserProfileName");
    EXPECT_EQ(code_of("sagemaker", "CreateApp", neither), "ValidationException");
    EXPECT_EQ(code_of("sagemaker", "CreateApp", app_key(id, "nobody")), "ResourceNotFound");
    EXPECT_EQ(code_of("sagemaker", "DescribeApp", app_key(id, "user1")), "ResourceNotFound");

    neither["SpaceName"] = "space1";
    ok("sagemaker", "CreateApp", neither);
    ok("sagemaker", "CreateApp", app_key(id, "USER1"));
    EXPECT_EQ(ok("sagemaker", "ListApps", {{"SpaceNameEquals", "space1"}})["Apps"].size(), 1U);
    const Json mine = ok("sagemaker", "ListApps", {{"UserProfileNameEquals", "User1"}})["Apps"];
    ASSERT_EQ(mine.size(), 1U);
    EXPECT_EQ(mine[0]["UserProfileName"], "user1");
    EXPECT_EQ(code_of("sagemaker", "ListApps",
                      {{"SpaceNameEquals", "space1"}, {"UserProfileNameEquals", "user1"}}),
              "ValidationException");
    EXPECT_EQ(cloud::all_items(cloud(), "sagemaker", "ListApps", {{"MaxResults", 1}}).size(), 2U);
}

TEST_F(StudioApps, TakeTheirResourcesFromTheRequestOrTheDefaults) {
    const std::string id = create_domain(
        {{"DefaultUserSettings",
          {{"KernelGatewayAppSettings",
            {{"DefaultResourceSpec", {{"InstanceType", "ml.g4dn.xlarge"}}}}}}}})["DomainId"];
    create_user(id, "user1");
    Json key = app_key(id, "user1");
    ok("sagemaker", "CreateApp", key);
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["ResourceSpec"]["InstanceType"], "system");
    key["AppType"] = "KernelGateway";
    ok("sagemaker", "CreateApp", key);
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["ResourceSpec"]["InstanceType"],
              "ml.g4dn.xlarge");
    key["AppName"] = "other";
    key["ResourceSpec"] = {{"InstanceType", "ml.t3.small"}};
    ok("sagemaker", "CreateApp", key);
    key.erase("ResourceSpec");
    EXPECT_EQ(ok("sagemaker", "DescribeApp", key)["ResourceSpec"]["InstanceType"], "ml.t3.small");
}

TEST_F(StudioApps, OfASpaceAreOfItsType) {
    const std::string id = make_domain();
    ok("sagemaker", "CreateSpace",
       {{"DomainId", id}, {"SpaceName", "space1"}, {"SpaceSettings", {{"AppType", "CodeEditor"}}}});
    EXPECT_EQ(code_of("sagemaker", "CreateApp",
                      {{"DomainId", id},
                       {"SpaceName", "space1"},
                       {"AppType", "JupyterLab"},
                       {"AppName", "default"}}),
              "ValidationException");
}

}  // namespace
}  // namespace lifeboat::local
