#include "local/sagemaker/user_profiles.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "base/json.h"
#include "cloud/pages.h"
#include "local/sagemaker/testing/studio_fixture.h"

namespace lifeboat::local {
namespace {

using testing::StudioTest;

class StudioUsers : public StudioTest {};

TEST_F(StudioUsers, HaveAHomeOfTheirOwnClosedToOthers) {
    const std::string id = make_domain();
    const Json made = create_user(id, "user1");
    EXPECT_EQ(made["UserProfileArn"],
              "arn:aws:sagemaker:us-east-1:000000000000:user-profile/" + id + "/user1");
    const Json user = describe_user(id, "user1");
    EXPECT_EQ(user["Status"], "InService");
    EXPECT_EQ(user["HomeEfsFileSystemUid"], "200000");
    struct stat status {};
    ASSERT_EQ(::stat(home_of(id, "user1").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    if (::geteuid() == 0) {
        EXPECT_EQ(status.st_uid, 200000U);
        EXPECT_EQ(status.st_gid, 0U);
    }
}

TEST_F(StudioUsers, GetUidsThatRiseByFiveAndAreNeverGivenTwice) {
    const std::string id = make_domain();
    create_user(id, "user1");
    create_user(id, "user2");
    create_space(id, "user1");
    EXPECT_EQ(describe_user(id, "user2")["HomeEfsFileSystemUid"], "200005");
    EXPECT_EQ(describe_space(id, "user1")["HomeEfsFileSystemUid"], "200010");
    delete_user(id, "user2");
    open();
    create_user(id, "user2");
    EXPECT_EQ(describe_user(id, "user2")["HomeEfsFileSystemUid"], "200015");
    const std::string other = make_domain();
    create_user(other, "user1");
    EXPECT_EQ(describe_user(other, "user1")["HomeEfsFileSystemUid"], "200000");
}

TEST_F(StudioUsers, LeaveTheirHomeBehindAndComeBackToANewOne) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const auto old_home = home_of(id, "user1");
    std::ofstream(old_home / "work.txt") << "work";
    delete_user(id, "user1");
    create_user(id, "user1");
    settle();
    EXPECT_NE(home_of(id, "user1"), old_home);
    EXPECT_TRUE(std::filesystem::is_empty(home_of(id, "user1")));
    EXPECT_TRUE(std::filesystem::exists(old_home / "work.txt"));
}

TEST_F(StudioUsers, AreOneWhateverTheCaseOfTheirName) {
    const std::string id = make_domain();
    create_user(id, "User1");
    EXPECT_EQ(
        code_of("sagemaker", "CreateUserProfile", {{"DomainId", id}, {"UserProfileName", "uSER1"}}),
        "ResourceInUse");
    EXPECT_EQ(describe_user(id, "user1")["UserProfileName"], "User1");
    EXPECT_EQ(ok("sagemaker", "ListUserProfiles",
                 {{"UserProfileNameContains", "SER"}})["UserProfiles"][0]["UserProfileName"],
              "User1");
    delete_user(id, "USER1");
    EXPECT_EQ(code_of("sagemaker", "DescribeUserProfile",
                      {{"DomainId", id}, {"UserProfileName", "User1"}}),
              "ResourceNotFound");
}

TEST_F(StudioUsers, KeepEveryMemberOfTheirSettings) {
    const std::string id = make_domain();
    const Json settings = {
        {"ExecutionRole", "arn:aws:iam::000000000000:role/service-role/x"},
        {"SecurityGroups", {"sg-1"}},
        {"SharingSettings", {{"NotebookOutputOption", "Disabled"}}},
        {"JupyterLabAppSettings",
         {{"DefaultResourceSpec", {{"InstanceType", "ml.t3.large"}}},
          {"CodeRepositories", Json::array({{{"RepositoryUrl", "https://example.com/a/b"}}})}}},
        {"CustomPosixUserConfig", {{"Uid", 10000}, {"Gid", 1001}}}};
    ok("sagemaker", "CreateUserProfile",
       {{"DomainId", id}, {"UserProfileName", "user1"}, {"UserSettings", settings}});
    EXPECT_EQ(describe_user(id, "user1")["UserSettings"], settings);
    ok("sagemaker", "UpdateUserProfile",
       {{"DomainId", id},
        {"UserProfileName", "user1"},
        {"UserSettings", {{"SecurityGroups", {"sg-2", "sg-3"}}}}});
    Json expected = settings;
    expected["SecurityGroups"] = {"sg-2", "sg-3"};
    EXPECT_EQ(describe_user(id, "user1")["UserSettings"], expected);
}

TEST_F(StudioUsers, RefuseWhatTheModelForbids) {
    const std::string id = make_domain();
    const auto code = [&](const Json& more) {
        Json request = {{"DomainId", id}, {"UserProfileName", "user1"}};
        request.update(more);
        return code_of("sagemaker", "CreateUserProfile", request);
    };
    EXPECT_EQ(code({{"UserProfileName", "a_b"}}), "ValidationException");
    EXPECT_EQ(code({{"UserProfileName", std::string(64, 'a')}}), "ValidationException");
    EXPECT_EQ(code({{"UserProfileName", "../etc"}}), "ValidationException");
    EXPECT_EQ(code({{"UserProfileName", ""}}), "ValidationException");
    EXPECT_EQ(code({{"UserProfileName", 7}}), "ValidationException");
    EXPECT_EQ(code({{"UserSettings", {{"ExecutionRole", "me"}}}}), "ValidationException");
    EXPECT_NE(last_message.find("userSettings.executionRole"), std::string::npos) << last_message;
    EXPECT_EQ(code({{"DomainId", "d-nowhere"}}), "ResourceNotFound");
    EXPECT_EQ(code({{"SingleSignOnUserValue", "me"}, {"SingleSignOnUserIdentifier", "UserName"}}),
              "ValidationException");
    EXPECT_EQ(code({{"Tags", Json::array({{{"Key", "aws:x"}, {"Value", ""}}})}}),
              "ValidationException");
    EXPECT_TRUE(ok("sagemaker", "ListUserProfiles", Json::object())["UserProfiles"].empty());
    // None of them used up a UID.
    create_user(id, "user1");
    EXPECT_EQ(describe_user(id, "user1")["HomeEfsFileSystemUid"], "200000");
}

TEST_F(StudioUsers, AreListedInPagesWithoutGapsOrRepetitions) {
    const std::string id = make_domain();
    const std::string other = make_domain();
    create_user(other, "elsewhere");
    for (int i = 0; i < 120; ++i) {
        if (i % 7 == 0) clock.advance(std::chrono::seconds(1));  // several share a time
        create_user(id, "user" + std::to_string(i));
    }
    EXPECT_EQ(ok("sagemaker", "ListUserProfiles", Json::object())["UserProfiles"].size(), 10U);
    const Json ascending = cloud::all_items(cloud(), "sagemaker", "ListUserProfiles",
                                            {{"DomainIdEquals", id}, {"MaxResults", 25}});
    ASSERT_EQ(ascending.size(), 120U);
    for (std::size_t i = 0; i < ascending.size(); ++i)
        EXPECT_EQ(ascending[i]["UserProfileName"], "user" + std::to_string(i));
    Json descending = cloud::all_items(cloud(), "sagemaker", "ListUserProfiles",
                                       {{"DomainIdEquals", id}, {"SortOrder", "Descending"}});
    std::reverse(descending.begin(), descending.end());
    EXPECT_EQ(descending, ascending);
    EXPECT_EQ(cloud::all_items(cloud(), "sagemaker", "ListUserProfiles", Json::object()).size(),
              121U);
}

TEST_F(StudioUsers, StayInOrderWhenSomeGoBetweenPages) {
    const std::string id = make_domain();
    for (int i = 0; i < 20; ++i)
        create_user(id, "user" + std::to_string(i));
    const Json first = ok("sagemaker", "ListUserProfiles", {{"DomainIdEquals", id}});
    delete_user(id, "user9");
    delete_user(id, "user10");
    const Json second = ok("sagemaker", "ListUserProfiles",
                           {{"DomainIdEquals", id}, {"NextToken", first["NextToken"]}});
    ASSERT_EQ(second["UserProfiles"].size(), 9U);
    EXPECT_EQ(second["UserProfiles"][0]["UserProfileName"], "user11");
    EXPECT_FALSE(second.contains("NextToken"));
}

TEST_F(StudioUsers, SortByTheirLastChange) {
    const std::string id = make_domain();
    for (const char* name : {"a", "b", "c"}) {
        clock.advance(std::chrono::seconds(1));
        create_user(id, name);
    }
    clock.advance(std::chrono::seconds(1));
    ok("sagemaker", "UpdateUserProfile", {{"DomainId", id}, {"UserProfileName", "a"}});
    const Json sorted =
        ok("sagemaker", "ListUserProfiles",
           {{"SortBy", "LastModifiedTime"}, {"SortOrder", "Descending"}})["UserProfiles"];
    EXPECT_EQ(sorted[0]["UserProfileName"], "a");
    EXPECT_EQ(sorted[1]["UserProfileName"], "c");
}

TEST_F(StudioUsers, RefuseTokensThatAreNotOfTheListing) {
    const std::string id = make_domain();
    for (int i = 0; i < 11; ++i)
        create_user(id, "user" + std::to_string(i));
    const std::string token =
        ok("sagemaker", "ListUserProfiles", {{"DomainIdEquals", id}})["NextToken"];
    for (const Json& wrong : {Json{{"NextToken", token}}, Json{{"NextToken", "abc"}},
                              Json{{"DomainIdEquals", id}, {"NextToken", token + "A"}},
                              Json{{"DomainIdEquals", id}, {"NextToken", "%"}},
                              Json{{"DomainIdEquals", id}, {"NextToken", std::string(8193, 'a')}},
                              Json{{"MaxResults", 0}}, Json{{"MaxResults", 101}}})
        EXPECT_EQ(code_of("sagemaker", "ListUserProfiles", wrong), "ValidationException")
            << to_text(wrong);
}

TEST_F(StudioUsers, OfADomainWithSingleSignOnNeedAnIdentity) {
    const std::string id = create_domain({{"AuthMode", "SSO"}})["DomainId"];
    EXPECT_EQ(
        code_of("sagemaker", "CreateUserProfile", {{"DomainId", id}, {"UserProfileName", "user1"}}),
        "ValidationException");
    ok("sagemaker", "CreateUserProfile",
       {{"DomainId", id},
        {"UserProfileName", "user1"},
        {"SingleSignOnUserIdentifier", "UserName"},
        {"SingleSignOnUserValue", "me@example.com"}});
    EXPECT_EQ(describe_user(id, "user1")["SingleSignOnUserValue"], "me@example.com");
}

TEST_F(StudioUsers, RespectTheQuotaOfTheirDomain) {
    open(settings_of({{"sagemaker.user_profile_quota", "2"}}));
    const std::string id = make_domain();
    create_user(id, "user1");
    create_user(id, "user2");
    EXPECT_EQ(
        code_of("sagemaker", "CreateUserProfile", {{"DomainId", id}, {"UserProfileName", "user3"}}),
        "ResourceLimitExceeded");
}

TEST_F(StudioUsers, KeepTheirTagsUntilTheyGo) {
    const std::string id = make_domain();
    ok("sagemaker", "CreateUserProfile",
       {{"DomainId", id},
        {"UserProfileName", "User1"},
        {"Tags", Json::array({{{"Key", "k"}, {"Value", "v"}}})}});
    const std::string arn = describe_user(id, "user1")["UserProfileArn"];
    EXPECT_EQ(
        ok("sagemaker", "AddTags",
           {{"ResourceArn", arn}, {"Tags", Json::array({{{"Key", "l"}, {"Value", "w"}}})}})["Tags"]
            .size(),
        2U);
    const Json first = ok("sagemaker", "ListTags", {{"ResourceArn", arn}});
    EXPECT_EQ(first["Tags"][0], (Json{{"Key", "k"}, {"Value", "v"}}));
    ok("sagemaker", "DeleteTags", {{"ResourceArn", arn}, {"TagKeys", {"k", "unknown"}}});
    EXPECT_EQ(ok("sagemaker", "ListTags", {{"ResourceArn", arn}})["Tags"].size(), 1U);
    delete_user(id, "user1");
    EXPECT_EQ(code_of("sagemaker", "ListTags", {{"ResourceArn", arn}}), "ValidationException");
    create_user(id, "user1");
    EXPECT_TRUE(ok("sagemaker", "ListTags", {{"ResourceArn", arn}})["Tags"].empty());
    Json many = Json::array();
    for (int i = 0; i < 50; ++i)
        many.push_back({{"Key", "key" + std::to_string(i)}, {"Value", ""}});
    ok("sagemaker", "AddTags", {{"ResourceArn", arn}, {"Tags", many}});
    EXPECT_EQ(
        code_of("sagemaker", "AddTags",
                {{"ResourceArn", arn}, {"Tags", Json::array({{{"Key", "more"}, {"Value", ""}}})}}),
        "ValidationException");
    EXPECT_EQ(cloud::all_items(cloud(), "sagemaker", "ListTags",
                               {{"ResourceArn", arn}, {"MaxResults", 50}})
                  .size(),
              50U);
}

}  // namespace
}  // namespace lifeboat::local
