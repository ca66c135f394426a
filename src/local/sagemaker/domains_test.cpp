#include "local/sagemaker/domains.h"

#include <fstream>
#include <regex>

#include "base/json.h"
#include "local/sagemaker/testing/studio_fixture.h"

namespace lifeboat::local {
namespace {

using testing::StudioTest;

class StudioDomains : public StudioTest {};

TEST_F(StudioDomains, AreInServiceAtOnceWithAFileSystemOfTheirOwn) {
    const Json made = create_domain({{"Tags", Json::array({{{"Key", "k"}, {"Value", "v"}}})}});
    const std::string id = made["DomainId"];
    EXPECT_TRUE(std::regex_match(id, std::regex("d-[0-9a-z]{12}"))) << id;
    EXPECT_EQ(made["DomainArn"], "arn:aws:sagemaker:us-east-1:000000000000:domain/" + id);
    EXPECT_EQ(made["Url"], "https://" + id + ".studio.us-east-1.sagemaker.aws");

    const Json domain = describe_domain(id);
    EXPECT_EQ(domain["Status"], "InService");
    EXPECT_EQ(domain["DomainName"], "team");
    EXPECT_EQ(domain["AuthMode"], "IAM");
    EXPECT_EQ(domain["AppNetworkAccessType"], "PublicInternetOnly");
    EXPECT_EQ(domain["HomeEfsFileSystemCreation"], "Enabled");
    EXPECT_EQ(domain["DefaultUserSettings"]["ExecutionRole"],
              "arn:aws:iam::000000000000:role/studio-role");
    EXPECT_EQ(domain["CreationTime"], to_epoch_seconds(clock.now()));
    EXPECT_FALSE(domain.contains("FailureReason"));
    const std::string file_system = domain["HomeEfsFileSystemId"];
    EXPECT_TRUE(std::regex_match(file_system, std::regex("fs-[0-9a-f]{17}"))) << file_system;
    EXPECT_TRUE(std::filesystem::is_directory(efs() / file_system));
}

TEST_F(StudioDomains, HaveAMountTargetPerZoneBehindTheirOwnGroup) {
    const std::string id = make_domain();
    const Json domain = describe_domain(id);
    const Json targets =
        ok("efs", "DescribeMountTargets", {{"FileSystemId", domain["HomeEfsFileSystemId"]}});
    ASSERT_EQ(targets["MountTargets"].size(), 3U);
    ASSERT_EQ(domain["SubnetIds"].size(), 3U);
    for (const Json& target : targets["MountTargets"]) {
        EXPECT_EQ(target["VpcId"], domain["VpcId"]);
        const Json groups = ok("efs", "DescribeMountTargetSecurityGroups",
                               {{"MountTargetId", target["MountTargetId"]}});
        EXPECT_EQ(groups["SecurityGroups"],
                  Json::array({domain["SecurityGroupIdForDomainBoundary"]}));
    }
    const Json system =
        ok("efs", "DescribeFileSystems", {{"FileSystemId", domain["HomeEfsFileSystemId"]}});
    EXPECT_EQ(system["FileSystems"][0]["Tags"][0]["Key"], "ManagedByAmazonSageMakerResource");
    EXPECT_EQ(system["FileSystems"][0]["Tags"][0]["Value"], domain["DomainArn"]);
}

TEST_F(StudioDomains, MayShareANameButNotAnId) {
    const std::string first = make_domain();
    const std::string second = make_domain();
    EXPECT_NE(first, second);
    EXPECT_EQ(ok("sagemaker", "ListDomains", Json::object())["Domains"].size(), 2U);
}

TEST_F(StudioDomains, StandOnlyInSubnetsThatExist) {
    const Json request = {{"DomainName", "team"},
                          {"AuthMode", "IAM"},
                          {"DefaultUserSettings", Json::object()},
                          {"SubnetIds", {"subnet-0123456789abcdef0"}}};
    EXPECT_EQ(code_of("sagemaker", "CreateDomain", request), "ValidationException");
    EXPECT_NE(last_message.find("subnet-0123456789abcdef0"), std::string::npos);
    EXPECT_TRUE(ok("sagemaker", "ListDomains", Json::object())["Domains"].empty());
    EXPECT_TRUE(ok("efs", "DescribeFileSystems", Json::object())["FileSystems"].empty());
}

TEST_F(StudioDomains, RefuseWhatTheModelForbids) {
    EXPECT_EQ(
        code_of(
            "sagemaker", "CreateDomain",
            {{"DomainName", "a_b"}, {"AuthMode", "LDAP"}, {"DefaultUserSettings", Json::object()}}),
        "ValidationException");
    EXPECT_NE(last_message.find("2 validation errors"), std::string::npos) << last_message;
    EXPECT_NE(last_message.find("domainName"), std::string::npos);
    EXPECT_NE(last_message.find("authMode"), std::string::npos);
    EXPECT_EQ(code_of("sagemaker", "DescribeDomain", Json::object()), "ValidationException");
    EXPECT_EQ(code_of("sagemaker", "DescribeDomain", {{"DomainId", "d-"}}), "ValidationException");
    EXPECT_EQ(code_of("sagemaker", "DescribeDomain", {{"DomainId", "d-nowhere"}}),
              "ResourceNotFound");
    EXPECT_EQ(code_of("sagemaker", "UpdateApp", Json::object()), "UnknownOperationException");
}

TEST_F(StudioDomains, AreNotDeletedWhileTheyHaveUsersOrSpaces) {
    const std::string id = make_domain();
    create_user(id, "user1");
    EXPECT_EQ(code_of("sagemaker", "DeleteDomain", {{"DomainId", id}}), "ResourceInUse");
    EXPECT_NE(last_message.find("UserProfile(s)"), std::string::npos);
    delete_user(id, "user1");
    create_space(id, "space1");
    EXPECT_EQ(code_of("sagemaker", "DeleteDomain", {{"DomainId", id}}), "ResourceInUse");
    ok("sagemaker", "DeleteSpace", {{"DomainId", id}, {"SpaceName", "space1"}});
    ok("sagemaker", "DeleteDomain", {{"DomainId", id}});
    EXPECT_EQ(code_of("sagemaker", "DescribeDomain", {{"DomainId", id}}), "ResourceNotFound");
}

TEST_F(StudioDomains, LeaveTheirFileSystemBehindUnlessToldOtherwise) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const auto home = home_of(id, "user1");
    std::ofstream(home / "work.txt") << "work";
    const std::string file_system = describe_domain(id)["HomeEfsFileSystemId"];
    delete_user(id, "user1");
    ok("sagemaker", "DeleteDomain", {{"DomainId", id}});
    settle();
    EXPECT_EQ(std::filesystem::file_size(home / "work.txt"), 4U);
    const Json left = ok("efs", "DescribeFileSystems", {{"FileSystemId", file_system}});
    EXPECT_EQ(left["FileSystems"][0]["NumberOfMountTargets"], 3);
}

TEST_F(StudioDomains, TakeTheirFileSystemAlongWithoutFollowingLinks) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const auto home = home_of(id, "user1");
    const std::string file_system = describe_domain(id)["HomeEfsFileSystemId"];
    const auto outside = directory.path() / "outside";
    std::filesystem::create_directory(outside);
    std::ofstream(outside / "precious") << "x";
    std::filesystem::create_directories(home / "a" / "b");
    std::filesystem::create_directory_symlink(outside, home / "a" / "link");
    delete_user(id, "user1");
    ok("sagemaker", "DeleteDomain",
       {{"DomainId", id}, {"RetentionPolicy", {{"HomeEfsFileSystem", "Delete"}}}});
    EXPECT_EQ(code_of("efs", "DescribeFileSystems", {{"FileSystemId", file_system}}),
              "FileSystemNotFound");
    settle();
    EXPECT_FALSE(std::filesystem::exists(efs() / file_system));
    EXPECT_TRUE(std::filesystem::exists(outside / "precious"));
}

TEST_F(StudioDomains, DeleteTheFileSystemAlsoAfterARestart) {
    const std::string id = make_domain();
    const std::string file_system = describe_domain(id)["HomeEfsFileSystemId"];
    ok("sagemaker", "DeleteDomain",
       {{"DomainId", id}, {"RetentionPolicy", {{"HomeEfsFileSystem", "Delete"}}}});
    EXPECT_TRUE(std::filesystem::exists(efs() / file_system));
    open();
    settle();
    EXPECT_FALSE(std::filesystem::exists(efs() / file_system));
}

TEST_F(StudioDomains, UpdatesReplaceOnlyWhatTheyGive) {
    const std::string id = create_domain(
        {{"DefaultUserSettings",
          {{"ExecutionRole", "arn:aws:iam::000000000000:role/one"}, {"SecurityGroups", {"sg-1"}}}},
         {"DomainSettings", {{"ExecutionRoleIdentityConfig", "DISABLED"}}}})["DomainId"];
    clock.advance(std::chrono::seconds(5));
    ok("sagemaker", "UpdateDomain",
       {{"DomainId", id},
        {"DefaultUserSettings", {{"ExecutionRole", "arn:aws:iam::000000000000:role/two"}}},
        {"DomainSettingsForUpdate", {{"SecurityGroupIds", {"sg-2"}}}},
        {"DefaultSpaceSettings", {{"ExecutionRole", "arn:aws:iam::000000000000:role/three"}}},
        {"TagPropagation", "ENABLED"}});
    const Json domain = describe_domain(id);
    EXPECT_EQ(domain["Status"], "InService");
    EXPECT_EQ(domain["DefaultUserSettings"]["ExecutionRole"], "arn:aws:iam::000000000000:role/two");
    EXPECT_EQ(domain["DefaultUserSettings"]["SecurityGroups"][0], "sg-1");
    EXPECT_EQ(domain["DomainSettings"]["ExecutionRoleIdentityConfig"], "DISABLED");
    EXPECT_EQ(domain["DomainSettings"]["SecurityGroupIds"][0], "sg-2");
    EXPECT_EQ(domain["DefaultSpaceSettings"]["ExecutionRole"],
              "arn:aws:iam::000000000000:role/three");
    EXPECT_EQ(domain["TagPropagation"], "ENABLED");
    EXPECT_EQ(domain["LastModifiedTime"], domain["CreationTime"].get<double>() + 5);
}

TEST_F(StudioDomains, MayGetTheirFileSystemLater) {
    const std::string id = create_domain({{"HomeEfsFileSystemCreation", "Disabled"}})["DomainId"];
    EXPECT_FALSE(describe_domain(id).contains("HomeEfsFileSystemId"));
    create_user(id, "user1");
    EXPECT_EQ(describe_user(id, "user1")["Status"], "InService");
    EXPECT_FALSE(describe_user(id, "user1").contains("HomeEfsFileSystemUid"));

    ok("sagemaker", "UpdateDomain", {{"DomainId", id}, {"HomeEfsFileSystemCreation", "Enabled"}});
    settle();
    EXPECT_EQ(describe_user(id, "user1")["HomeEfsFileSystemUid"], "200000");
    EXPECT_TRUE(std::filesystem::is_directory(home_of(id, "user1")));
    EXPECT_EQ(code_of("sagemaker", "UpdateDomain",
                      {{"DomainId", id}, {"HomeEfsFileSystemCreation", "Disabled"}}),
              "ValidationException");
}

TEST_F(StudioDomains, MoveTheirMountTargetsWithTheirSubnets) {
    const std::string id = make_domain();
    const Json domain = describe_domain(id);
    const Json one = Json::array({domain["SubnetIds"][1]});
    ok("sagemaker", "UpdateDomain", {{"DomainId", id}, {"SubnetIds", one}});
    const Json targets =
        ok("efs", "DescribeMountTargets", {{"FileSystemId", domain["HomeEfsFileSystemId"]}});
    ASSERT_EQ(targets["MountTargets"].size(), 1U);
    EXPECT_EQ(targets["MountTargets"][0]["SubnetId"], one[0]);
}

TEST_F(StudioDomains, RespectTheQuota) {
    open(settings_of({{"sagemaker.domain_quota", "1"}}));
    make_domain();
    EXPECT_EQ(
        code_of(
            "sagemaker", "CreateDomain",
            {{"DomainName", "two"}, {"AuthMode", "IAM"}, {"DefaultUserSettings", Json::object()}}),
        "ResourceLimitExceeded");
}

}  // namespace
}  // namespace lifeboat::local
