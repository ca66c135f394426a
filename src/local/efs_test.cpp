#include "local/efs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "base/json.h"
#include "cloud/pages.h"
#include "local/ec2_network.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using testing::LocalCloudTest;

class Efs : public LocalCloudTest {
  protected:
    Json create(const std::string& token) {
        return ok("efs", "CreateFileSystem", {{"CreationToken", token}});
    }
    std::vector<std::string> subnets() {
        // A domain without a file system knows the default network.
        const std::string id = ok("sagemaker", "CreateDomain",
                                  {{"DomainName", "network"},
                                   {"AuthMode", "IAM"},
                                   {"DefaultUserSettings", Json::object()},
                                   {"HomeEfsFileSystemCreation", "Disabled"}})["DomainId"];
        return ok("sagemaker", "DescribeDomain", {{"DomainId", id}})["SubnetIds"]
            .get<std::vector<std::string>>();
    }
    std::filesystem::path efs() const { return directory.path() / "data" / "efs"; }
};

TEST_F(Efs, FileSystemsAreMadeDescribedAndDeletedWithTheirDirectory) {
    const Json made = ok(
        "efs", "CreateFileSystem",
        {{"CreationToken", "one"}, {"Tags", Json::array({{{"Key", "Name"}, {"Value", "homes"}}})}});
    const std::string id = made["FileSystemId"];
    EXPECT_EQ(made["LifeCycleState"], "available");
    EXPECT_EQ(made["Name"], "homes");
    EXPECT_EQ(made["PerformanceMode"], "generalPurpose");
    EXPECT_EQ(made["ThroughputMode"], "bursting");
    EXPECT_EQ(made["FileSystemArn"],
              "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/" + id);
    settle();
    EXPECT_TRUE(std::filesystem::is_directory(efs() / id));
    const Json by_arn = ok("efs", "DescribeFileSystems", {{"FileSystemId", made["FileSystemArn"]}});
    EXPECT_EQ(by_arn["FileSystems"][0]["CreationToken"], "one");
    EXPECT_EQ(ok("efs", "DescribeFileSystems", {{"CreationToken", "one"}})["FileSystems"].size(),
              1U);
    ok("efs", "DeleteFileSystem", {{"FileSystemId", id}});
    settle();
    EXPECT_FALSE(std::filesystem::exists(efs() / id));
    EXPECT_EQ(code_of("efs", "DeleteFileSystem", {{"FileSystemId", id}}), "FileSystemNotFound");
}

TEST_F(Efs, ACreationTokenMakesOneFileSystem) {
    create("one");
    EXPECT_EQ(code_of("efs", "CreateFileSystem", {{"CreationToken", "one"}}),
              "FileSystemAlreadyExists");
}

TEST_F(Efs, RefusesWhatItCannotHonour) {
    for (const Json& more :
         {Json{{"Encrypted", true}}, Json{{"KmsKeyId", "alias/x"}}, Json{{"Backup", true}},
          Json{{"ThroughputMode", "provisioned"}}, Json{{"ProvisionedThroughputInMibps", 4.0}}}) {
        Json request = {{"CreationToken", "t"}};
        request.update(more);
        EXPECT_EQ(code_of("efs", "CreateFileSystem", request), "BadRequest") << to_text(more);
    }
    EXPECT_EQ(code_of("efs", "CreateFileSystem",
                      {{"CreationToken", "t"}, {"AvailabilityZoneName", "nowhere-1a"}}),
              "UnsupportedAvailabilityZone");
    EXPECT_TRUE(ok("efs", "DescribeFileSystems", Json::object())["FileSystems"].empty());
}

TEST_F(Efs, ListsInPages) {
    for (int i = 0; i < 7; ++i)
        create("token" + std::to_string(i));
    const Json all = cloud::all_items(cloud(), "efs", "DescribeFileSystems", {{"MaxItems", 3}});
    std::set<std::string> tokens;
    for (const Json& item : all)
        tokens.insert(item["CreationToken"]);
    EXPECT_EQ(all.size(), 7U);
    EXPECT_EQ(tokens.size(), 7U);
    EXPECT_EQ(code_of("efs", "DescribeFileSystems", {{"Marker", "x"}}), "BadRequest");
}

TEST_F(Efs, MountTargetsStandOneToAZoneWithAddressesOfTheirSubnet) {
    const std::string id = create("one")["FileSystemId"];
    const auto places = subnets();
    const Json first =
        ok("efs", "CreateMountTarget", {{"FileSystemId", id}, {"SubnetId", places[0]}});
    EXPECT_EQ(first["LifeCycleState"], "available");
    EXPECT_FALSE(first["IpAddress"].get<std::string>().empty());
    EXPECT_EQ(code_of("efs", "CreateMountTarget", {{"FileSystemId", id}, {"SubnetId", places[0]}}),
              "MountTargetConflict");
    EXPECT_EQ(code_of("efs", "CreateMountTarget",
                      {{"FileSystemId", id}, {"SubnetId", "subnet-0123456789abcdef0"}}),
              "SubnetNotFound");
    EXPECT_EQ(code_of("efs", "CreateMountTarget",
                      {{"FileSystemId", id},
                       {"SubnetId", places[1]},
                       {"SecurityGroups", {"sg-0123456789abcdef0"}}}),
              "SecurityGroupNotFound");
    EXPECT_EQ(code_of("efs", "CreateMountTarget",
                      {{"FileSystemId", id}, {"SubnetId", places[1]}, {"IpAddress", "10.0.0.4"}}),
              "BadRequest");
    const std::string other = create("two")["FileSystemId"];
    EXPECT_EQ(
        code_of(
            "efs", "CreateMountTarget",
            {{"FileSystemId", other}, {"SubnetId", places[0]}, {"IpAddress", first["IpAddress"]}}),
        "IpAddressInUse");
    EXPECT_EQ(code_of("efs", "DeleteFileSystem", {{"FileSystemId", id}}), "FileSystemInUse");
    EXPECT_EQ(code_of("efs", "DescribeMountTargets", Json::object()), "BadRequest");
    ok("efs", "DeleteMountTarget", {{"MountTargetId", first["MountTargetId"]}});
    EXPECT_EQ(code_of("efs", "DescribeMountTargets", {{"MountTargetId", first["MountTargetId"]}}),
              "MountTargetNotFound");
    ok("efs", "DeleteFileSystem", {{"FileSystemId", id}});
}

TEST_F(Efs, GroupsOfAMountTargetCanBeChanged) {
    const std::string id = create("one")["FileSystemId"];
    const Json target =
        ok("efs", "CreateMountTarget", {{"FileSystemId", id}, {"SubnetId", subnets()[0]}});
    const Json key = {{"MountTargetId", target["MountTargetId"]}};
    const Json before = ok("efs", "DescribeMountTargetSecurityGroups", key)["SecurityGroups"];
    ASSERT_EQ(before.size(), 1U);  // the default group
    Json change = key;
    change["SecurityGroups"] = {"sg-0123456789abcdef0"};
    EXPECT_EQ(code_of("efs", "ModifyMountTargetSecurityGroups", change), "SecurityGroupNotFound");
    change["SecurityGroups"] = {before[0], before[0]};
    EXPECT_EQ(code_of("efs", "ModifyMountTargetSecurityGroups", change), "BadRequest");
    change["SecurityGroups"] = before;
    ok("efs", "ModifyMountTargetSecurityGroups", change);
    EXPECT_EQ(ok("efs", "DescribeMountTargetSecurityGroups", key)["SecurityGroups"], before);
    EXPECT_EQ(code_of("efs", "DescribeMountTargetSecurityGroups",
                      {{"MountTargetId", "fsmt-0123456789abcdef0"}}),
              "MountTargetNotFound");
}

TEST_F(Efs, MeasuresWhatAFileSystemHolds) {
    const std::string id = create("one")["FileSystemId"];
    settle();
    const auto size = [&]() -> std::int64_t {
        return ok("efs", "DescribeFileSystems",
                  {{"FileSystemId", id}})["FileSystems"][0]["SizeInBytes"]["Value"];
    };
    const std::int64_t before = size();
    std::filesystem::create_directory(efs() / id / "a");
    std::ofstream(efs() / id / "a" / "b") << std::string(1 << 20, 'x');
    clock.advance(std::chrono::hours(1));
    settle();
    EXPECT_GE(size(), before + (1 << 20));
}

TEST_F(Efs, AccessPointsMakeTheirDirectory) {
    const std::string id = create("one")["FileSystemId"];
    const Json request = {
        {"ClientToken", "t"},
        {"FileSystemId", id},
        {"PosixUser", {{"Uid", 200000}, {"Gid", 1001}}},
        {"RootDirectory",
         {{"Path", "/a/b"},
          {"CreationInfo", {{"OwnerUid", 200000}, {"OwnerGid", 1001}, {"Permissions", "0750"}}}}}};
    const Json made = ok("efs", "CreateAccessPoint", request);
    EXPECT_EQ(ok("efs", "CreateAccessPoint", request)["AccessPointId"], made["AccessPointId"]);
    Json other = request;
    other["PosixUser"]["Uid"] = 7;
    EXPECT_EQ(code_of("efs", "CreateAccessPoint", other), "AccessPointAlreadyExists");
    settle();
    struct stat status {};
    ASSERT_EQ(::stat((efs() / id / "a" / "b").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0750U);
    if (::geteuid() == 0) EXPECT_EQ(status.st_gid, 1001U);
    for (const char* path : {"a", "/..", "/a/../b", "//", "/a/b/c/d/e", "/a;b"}) {
        other["ClientToken"] = path;
        other["RootDirectory"]["Path"] = path;
        EXPECT_EQ(code_of("efs", "CreateAccessPoint", other), "BadRequest") << path;
    }
    EXPECT_EQ(ok("efs", "DescribeAccessPoints", {{"FileSystemId", id}})["AccessPoints"].size(), 1U);
    ok("efs", "DeleteAccessPoint", {{"AccessPointId", made["AccessPointId"]}});
    EXPECT_EQ(code_of("efs", "DescribeAccessPoints", {{"AccessPointId", made["AccessPointId"]}}),
              "AccessPointNotFound");
}

TEST_F(Efs, TagsCanBeAddedListedAndRemoved) {
    const std::string id = create("one")["FileSystemId"];
    ok("efs", "TagResource",
       {{"ResourceId", id},
        {"Tags", Json::array({{{"Key", "a"}, {"Value", "1"}}, {{"Key", "b"}, {"Value", "2"}}})}});
    EXPECT_EQ(cloud::all_items(cloud(), "efs", "ListTagsForResource",
                               {{"ResourceId", id}, {"MaxResults", 1}})
                  .size(),
              2U);
    ok("efs", "UntagResource", {{"ResourceId", id}, {"TagKeys", {"a"}}});
    EXPECT_EQ(ok("efs", "ListTagsForResource", {{"ResourceId", id}})["Tags"],
              Json::array({{{"Key", "b"}, {"Value", "2"}}}));
    EXPECT_EQ(code_of("efs", "TagResource",
                      {{"ResourceId", "fs-0123456789abcdef0"},
                       {"Tags", Json::array({{{"Key", "a"}, {"Value", "1"}}})}}),
              "FileSystemNotFound");
}

TEST(Ec2Network, NamesZonesAsAwsDoes) {
    EXPECT_EQ(zone_id("us-east-1", 0), "use1-az1");
    EXPECT_EQ(zone_id("eu-central-1", 1), "euc1-az2");
    EXPECT_EQ(zone_id("ap-southeast-2", 2), "apse2-az3");
    EXPECT_EQ(zone_id("us-gov-west-1", 0), "usgw1-az1");
}

TEST(Ec2Network, GivesOutTheAddressesOfABlockButTheReservedOnes) {
    EXPECT_EQ(address_in("10.0.0.0/28", 4), "10.0.0.4");
    EXPECT_EQ(address_in("10.0.0.0/28", 14), "10.0.0.14");
    EXPECT_FALSE(address_in("10.0.0.0/28", 3));
    EXPECT_FALSE(address_in("10.0.0.0/28", 15));
    EXPECT_TRUE(is_usable_address("10.0.0.0/28", "10.0.0.5"));
    EXPECT_FALSE(is_usable_address("10.0.0.0/28", "10.0.1.5"));
    EXPECT_FALSE(is_usable_address("10.0.0.0/28", "x"));
    for (const char* cidr : {"", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "a/8"})
        EXPECT_FALSE(parse_cidr(cidr)) << cidr;
}

}  // namespace
}  // namespace lifeboat::local
