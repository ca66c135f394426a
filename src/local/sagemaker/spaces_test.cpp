#include "local/sagemaker/spaces.h"

#include "base/json.h"
#include "local/sagemaker/testing/studio_fixture.h"

namespace lifeboat::local {
namespace {

using testing::StudioTest;

class StudioSpaces : public StudioTest {
  protected:
    Json private_space(const std::string& domain, const std::string& owner) {
        return {{"DomainId", domain},
                {"SpaceName", "space1"},
                {"SpaceSettings", {{"AppType", "JupyterLab"}}},
                {"OwnershipSettings", {{"OwnerUserProfileName", owner}}},
                {"SpaceSharingSettings", {{"SharingType", "Private"}}},
                {"SpaceDisplayName", "My space"}};
    }
};

TEST_F(StudioSpaces, AreDescribedAsTheyWereMadeWithDefaults) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const Json made = ok("sagemaker", "CreateSpace", private_space(id, "user1"));
    EXPECT_EQ(made["SpaceArn"], "arn:aws:sagemaker:us-east-1:000000000000:space/" + id + "/space1");
    const Json space = describe_space(id, "space1");
    EXPECT_EQ(space["Status"], "InService");
    EXPECT_EQ(space["HomeEfsFileSystemUid"], "200005");
    EXPECT_EQ(space["SpaceDisplayName"], "My space");
    EXPECT_EQ(space["OwnershipSettings"]["OwnerUserProfileName"], "user1");
    EXPECT_EQ(space["SpaceSharingSettings"]["SharingType"], "Private");
    EXPECT_EQ(
        space["SpaceSettings"]["SpaceStorageSettings"]["EbsStorageSettings"]["EbsVolumeSizeInGb"],
        5);
    const Json item = ok("sagemaker", "ListSpaces", {{"DomainIdEquals", id}})["Spaces"][0];
    EXPECT_EQ(item["SpaceSettingsSummary"]["AppType"], "JupyterLab");
    EXPECT_EQ(item["SpaceSharingSettingsSummary"]["SharingType"], "Private");
    EXPECT_EQ(item["OwnershipSettingsSummary"]["OwnerUserProfileName"], "user1");
    EXPECT_EQ(item["SpaceDisplayName"], "My space");
}

TEST_F(StudioSpaces, MayBeNamedLikeAUserWithoutMeetingThem) {
    const std::string id = make_domain();
    create_user(id, "same");
    create_space(id, "same");
    EXPECT_NE(describe_user(id, "same")["HomeEfsFileSystemUid"],
              describe_space(id, "same")["HomeEfsFileSystemUid"]);
    delete_user(id, "same");
    EXPECT_EQ(describe_space(id, "same")["Status"], "InService");
}

TEST_F(StudioSpaces, NeedTheOwnerTheyName) {
    const std::string id = make_domain();
    EXPECT_EQ(code_of("sagemaker", "CreateSpace", private_space(id, "nobody")), "ResourceNotFound");
    Json half = private_space(id, "nobody");
    half.erase("SpaceSharingSettings");
    EXPECT_EQ(code_of("sagemaker", "CreateSpace", half), "ValidationException");
}

TEST_F(StudioSpaces, KeepTheirOwnerFromBeingDeleted) {
    const std::string id = make_domain();
    create_user(id, "user1");
    ok("sagemaker", "CreateSpace", private_space(id, "USER1"));
    EXPECT_EQ(
        code_of("sagemaker", "DeleteUserProfile", {{"DomainId", id}, {"UserProfileName", "user1"}}),
        "ResourceInUse");
    EXPECT_NE(last_message.find("Space(s)"), std::string::npos);
    ok("sagemaker", "DeleteSpace", {{"DomainId", id}, {"SpaceName", "space1"}});
    delete_user(id, "user1");
}

TEST_F(StudioSpaces, UpdatesReplaceOnlyWhatTheyGive) {
    const std::string id = make_domain();
    create_user(id, "user1");
    ok("sagemaker", "CreateSpace", private_space(id, "user1"));
    ok("sagemaker", "UpdateSpace",
       {{"DomainId", id},
        {"SpaceName", "space1"},
        {"SpaceDisplayName", "Ours"},
        {"SpaceSettings",
         {{"JupyterLabAppSettings",
           {{"DefaultResourceSpec", {{"InstanceType", "ml.t3.large"}}}}}}}});
    const Json space = describe_space(id, "space1");
    EXPECT_EQ(space["SpaceDisplayName"], "Ours");
    EXPECT_EQ(space["SpaceSettings"]["AppType"], "JupyterLab");
    EXPECT_EQ(
        space["SpaceSettings"]["JupyterLabAppSettings"]["DefaultResourceSpec"]["InstanceType"],
        "ml.t3.large");
    EXPECT_EQ(code_of("sagemaker", "UpdateSpace", {{"DomainId", id}, {"SpaceName", "other"}}),
              "ResourceNotFound");
}

}  // namespace
}  // namespace lifeboat::local
