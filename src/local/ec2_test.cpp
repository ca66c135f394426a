#include "local/ec2.h"

#include "base/json.h"
#include "local/ec2_filters.h"
#include "local/ec2_network.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using testing::LocalCloudTest;

class Ec2 : public LocalCloudTest {
  protected:
    std::string default_vpc() {
        return ok("ec2", "DescribeVpcs", filter("is-default", "true"))["Vpcs"][0]["VpcId"];
    }
    static Json filter(const std::string& name, const std::string& value) {
        return {{"Filters", Json::array({Json{{"Name", name}, {"Values", {value}}}})}};
    }
    std::string create_group(const std::string& name) {
        return ok("ec2", "CreateSecurityGroup",
                  {{"GroupName", name}, {"Description", "x"}})["GroupId"];
    }
    Json describe_group(const std::string& id) {
        return ok("ec2", "DescribeSecurityGroups", {{"GroupIds", {id}}})["SecurityGroups"][0];
    }
    static Json nfs_from(const std::string& group, const std::string& peer) {
        return {
            {"GroupId", group},
            {"IpPermissions",
             Json::array({Json{{"IpProtocol", "tcp"},
                               {"FromPort", 2049},
                               {"ToPort", 2049},
                               {"UserIdGroupPairs", Json::array({Json{{"GroupId", peer}}})}}})}};
    }
};

TEST_F(Ec2, HasADefaultVpcWithASubnetInEveryZone) {
    const std::string vpc = default_vpc();
    const Json subnets = ok("ec2", "DescribeSubnets", filter("vpc-id", vpc))["Subnets"];
    ASSERT_EQ(subnets.size(), 3U);
    std::set<std::string> zones;
    for (const Json& subnet : subnets) {
        zones.insert(subnet["AvailabilityZone"]);
        EXPECT_EQ(subnet["AvailableIpAddressCount"], 4091);
        EXPECT_EQ(subnet["DefaultForAz"], true);
    }
    EXPECT_EQ(zones, (std::set<std::string>{"us-east-1a", "us-east-1b", "us-east-1c"}));
    open();
    EXPECT_EQ(default_vpc(), vpc);
    EXPECT_EQ(ok("ec2", "DescribeVpcs", Json::object())["Vpcs"].size(), 1U);
    EXPECT_EQ(
        ok("ec2", "DescribeSubnets", filter("availability-zone", "us-east-1?"))["Subnets"].size(),
        3U);
    EXPECT_TRUE(
        ok("ec2", "DescribeSubnets", filter("availability-zone", "eu-*"))["Subnets"].empty());
}

TEST_F(Ec2, RefusesIdsAndFiltersItDoesNotKnow) {
    EXPECT_EQ(code_of("ec2", "DescribeVpcs", {{"VpcIds", {"vpc-1"}}}), "InvalidVpcID.NotFound");
    EXPECT_EQ(code_of("ec2", "DescribeSubnets", {{"SubnetIds", {"subnet-1"}}}),
              "InvalidSubnetID.NotFound");
    EXPECT_EQ(code_of("ec2", "DescribeSecurityGroups", {{"GroupIds", {"sg-1"}}}),
              "InvalidGroup.NotFound");
    EXPECT_EQ(code_of("ec2", "DescribeSecurityGroups", {{"GroupIds", {"x"}}}),
              "InvalidGroupId.Malformed");
    EXPECT_EQ(code_of("ec2", "DescribeVpcs", filter("colour", "red")), "InvalidParameterValue");
    EXPECT_EQ(code_of("ec2", "DescribeVpcs", {{"NextToken", "x"}}), "InvalidNextToken");
}

TEST_F(Ec2, AuthorizesARuleOnce) {
    const std::string group = create_group("one");
    const std::string peer = create_group("two");
    const Json answer = ok("ec2", "AuthorizeSecurityGroupIngress", nfs_from(group, peer));
    EXPECT_EQ(answer["Return"], true);
    ASSERT_EQ(answer["SecurityGroupRules"].size(), 1U);
    EXPECT_EQ(answer["SecurityGroupRules"][0]["ReferencedGroupInfo"]["GroupId"], peer);
    EXPECT_EQ(code_of("ec2", "AuthorizeSecurityGroupIngress", nfs_from(group, peer)),
              "InvalidPermission.Duplicate");
    EXPECT_NE(last_message.find("from port: 2049"), std::string::npos) << last_message;
    const Json permissions = describe_group(group)["IpPermissions"];
    ASSERT_EQ(permissions.size(), 1U);
    EXPECT_EQ(permissions[0]["IpProtocol"], "tcp");
    EXPECT_EQ(permissions[0]["UserIdGroupPairs"][0]["GroupId"], peer);
    EXPECT_EQ(permissions[0]["UserIdGroupPairs"][0]["UserId"], "000000000000");
    EXPECT_EQ(
        code_of("ec2", "AuthorizeSecurityGroupIngress", nfs_from("sg-0123456789abcdef0", peer)),
        "InvalidGroup.NotFound");
    EXPECT_EQ(
        code_of("ec2", "AuthorizeSecurityGroupIngress", nfs_from(group, "sg-0123456789abcdef0")),
        "InvalidGroup.NotFound");
}

TEST_F(Ec2, AnAuthorizationIsWholeOrNothing) {
    const std::string group = create_group("one");
    ok("ec2", "AuthorizeSecurityGroupIngress", nfs_from(group, group));
    Json request = nfs_from(group, group);
    request["IpPermissions"][0]["IpRanges"] = Json::array({Json{{"CidrIp", "10.0.0.0/8"}}});
    EXPECT_EQ(code_of("ec2", "AuthorizeSecurityGroupIngress", request),
              "InvalidPermission.Duplicate");
    EXPECT_TRUE(describe_group(group)["IpPermissions"][0]["IpRanges"].empty());
    request["DryRun"] = true;
    request["IpPermissions"][0].erase("UserIdGroupPairs");
    EXPECT_EQ(code_of("ec2", "AuthorizeSecurityGroupIngress", request), "DryRunOperation");
    EXPECT_TRUE(describe_group(group)["IpPermissions"][0]["IpRanges"].empty());
}

TEST_F(Ec2, PutsRulesIntoOneForm) {
    const std::string group = create_group("one");
    ok("ec2", "AuthorizeSecurityGroupIngress",
       {{"GroupId", group},
        {"IpProtocol", "6"},
        {"FromPort", 22},
        {"ToPort", 22},
        {"CidrIp", "10.1.2.3/16"}});
    const Json permission = describe_group(group)["IpPermissions"][0];
    EXPECT_EQ(permission["IpProtocol"], "tcp");
    EXPECT_EQ(permission["IpRanges"][0]["CidrIp"], "10.1.0.0/16");
    EXPECT_EQ(code_of("ec2", "AuthorizeSecurityGroupIngress",
                      {{"GroupId", group},
                       {"IpProtocol", "TCP"},
                       {"FromPort", 22},
                       {"ToPort", 22},
                       {"CidrIp", "10.1.0.0/16"}}),
              "InvalidPermission.Duplicate");
    ok("ec2", "AuthorizeSecurityGroupIngress",
       {{"GroupName", "one"},
        {"IpPermissions",
         Json::array(
             {Json{{"IpProtocol", "-1"},
                   {"Ipv6Ranges", Json::array({Json{{"CidrIpv6", "2001:DB8::1/32"}}})}}})}});
    EXPECT_EQ(
        ok("ec2", "DescribeSecurityGroups",
           filter("ip-permission.ipv6-cidr", "2001:db8::/32"))["SecurityGroups"][0]["GroupId"],
        group);
}

TEST_F(Ec2, RefusesRulesThatMakeNoSense) {
    const std::string group = create_group("one");
    const auto code = [&](Json permission) {
        return code_of("ec2", "AuthorizeSecurityGroupIngress",
                       {{"GroupId", group}, {"IpPermissions", Json::array({permission})}});
    };
    const Json world = Json::array({Json{{"CidrIp", "0.0.0.0/0"}}});
    const auto tcp = [&](int from, int to) {
        return Json{{"IpProtocol", "tcp"}, {"FromPort", from}, {"ToPort", to}, {"IpRanges", world}};
    };
    EXPECT_EQ(code(tcp(2, 1)), "InvalidParameterValue");
    EXPECT_EQ(code(tcp(-1, 1)), "InvalidParameterValue");
    EXPECT_EQ(code(tcp(0, 65536)), "InvalidParameterValue");
    EXPECT_EQ(code({{"IpProtocol", "tcp"}, {"IpRanges", world}}), "InvalidParameterValue");
    EXPECT_EQ(code({{"IpProtocol", "smoke"}, {"IpRanges", world}}), "InvalidParameterValue");
    EXPECT_EQ(code({{"IpProtocol", "256"}, {"IpRanges", world}}), "InvalidParameterValue");
    EXPECT_EQ(code({{"IpProtocol", "-1"}}), "MissingParameter");
    for (const char* cidr : {"", "1.2.3.4", "1.2.3.4/33", "1.2.3/8", "x/8"})
        EXPECT_NE(code({{"IpProtocol", "-1"}, {"IpRanges", Json::array({Json{{"CidrIp", cidr}}})}}),
                  "")
            << cidr;
    EXPECT_EQ(
        code({{"IpProtocol", "-1"}, {"Ipv6Ranges", Json::array({Json{{"CidrIpv6", "::/129"}}})}}),
        "InvalidParameterValue");
    EXPECT_EQ(code({{"IpProtocol", "-1"},
                    {"PrefixListIds", Json::array({Json{{"PrefixListId", "pl-1"}}})}}),
              "InvalidPrefixListID.NotFound");
    EXPECT_EQ(code_of("ec2", "AuthorizeSecurityGroupIngress", {{"GroupId", group}}),
              "MissingParameter");
    EXPECT_EQ(code_of("ec2", "AuthorizeSecurityGroupIngress", Json::object()), "MissingParameter");
    EXPECT_TRUE(describe_group(group)["IpPermissions"].empty());
}

TEST_F(Ec2, RevokesByRuleOrById) {
    const std::string group = create_group("one");
    const std::string peer = create_group("two");
    ok("ec2", "AuthorizeSecurityGroupIngress", nfs_from(group, peer));
    ok("ec2", "RevokeSecurityGroupIngress", nfs_from(group, peer));
    EXPECT_EQ(code_of("ec2", "RevokeSecurityGroupIngress", nfs_from(group, peer)),
              "InvalidPermission.NotFound");
    const std::string rule =
        ok("ec2", "AuthorizeSecurityGroupIngress",
           nfs_from(group, peer))["SecurityGroupRules"][0]["SecurityGroupRuleId"];
    const Json by_id = {{"GroupId", group}, {"SecurityGroupRuleIds", {rule}}};
    const Json revoked = ok("ec2", "RevokeSecurityGroupIngress", by_id);
    EXPECT_EQ(revoked["RevokedSecurityGroupRules"][0]["ReferencedGroupId"], peer);
    EXPECT_EQ(code_of("ec2", "RevokeSecurityGroupIngress", by_id),
              "InvalidSecurityGroupRuleId.NotFound");
    EXPECT_TRUE(describe_group(group)["IpPermissions"].empty());
}

TEST_F(Ec2, GroupsAreNamedOnceAndDeletedWhenNothingNeedsThem) {
    const std::string one = create_group("one");
    const std::string two = create_group("two");
    EXPECT_EQ(code_of("ec2", "CreateSecurityGroup", {{"GroupName", "one"}, {"Description", "x"}}),
              "InvalidGroup.Duplicate");
    for (const char* name : {"sg-1", "default", "ü"})
        EXPECT_EQ(
            code_of("ec2", "CreateSecurityGroup", {{"GroupName", name}, {"Description", "x"}}),
            "InvalidParameterValue")
            << name;
    EXPECT_EQ(code_of("ec2", "CreateSecurityGroup",
                      {{"GroupName", "three"}, {"Description", "x"}, {"VpcId", "vpc-1"}}),
              "InvalidVpcID.NotFound");
    ok("ec2", "AuthorizeSecurityGroupIngress", nfs_from(one, two));
    EXPECT_EQ(code_of("ec2", "DeleteSecurityGroup", {{"GroupId", two}}), "DependencyViolation");
    ok("ec2", "DeleteSecurityGroup", {{"GroupId", one}});
    ok("ec2", "DeleteSecurityGroup", {{"GroupName", "two"}});
    EXPECT_EQ(code_of("ec2", "DeleteSecurityGroup", {{"GroupName", "default"}}), "CannotDelete");
    EXPECT_EQ(code_of("ec2", "DeleteSecurityGroup", {{"GroupId", one}}), "InvalidGroup.NotFound");
}

TEST_F(Ec2, KnowsTheGroupsOfAStudioDomain) {
    const std::string id = ok("sagemaker", "CreateDomain",
                              {{"DomainName", "team"},
                               {"AuthMode", "IAM"},
                               {"DefaultUserSettings", Json::object()}})["DomainId"];
    const Json inbound =
        ok("ec2", "DescribeSecurityGroups",
           filter("group-name", "security-group-for-inbound-nfs-" + id))["SecurityGroups"];
    ASSERT_EQ(inbound.size(), 1U);
    EXPECT_EQ(inbound[0]["IpPermissions"][0]["FromPort"], 2049);
    EXPECT_EQ(code_of("ec2", "DeleteSecurityGroup", {{"GroupId", inbound[0]["GroupId"]}}),
              "DependencyViolation");
    const Json subnets = ok("ec2", "DescribeSubnets", Json::object())["Subnets"];
    EXPECT_EQ(subnets[0]["AvailableIpAddressCount"], 4090);
}

TEST_F(Ec2, PagesAndTagsGroups) {
    for (int i = 0; i < 12; ++i)
        ok("ec2", "CreateSecurityGroup",
           {{"GroupName", "g" + std::to_string(i)},
            {"Description", "x"},
            {"TagSpecifications",
             Json::array({Json{
                 {"ResourceType", "security-group"},
                 {"Tags", Json::array({Json{{"Key", "team"}, {"Value", i % 2 ? "a" : "b"}}})}}})}});
    std::set<std::string> seen;
    Json request = {{"MaxResults", 5}};
    for (int page = 0; page < 3; ++page) {
        const Json answer = ok("ec2", "DescribeSecurityGroups", request);
        for (const Json& group : answer["SecurityGroups"])
            seen.insert(group["GroupId"]);
        if (answer.contains("NextToken")) request["NextToken"] = answer["NextToken"];
    }
    EXPECT_EQ(seen.size(), 13U);
    EXPECT_EQ(ok("ec2", "DescribeSecurityGroups", filter("tag:team", "a"))["SecurityGroups"].size(),
              6U);
    EXPECT_EQ(ok("ec2", "DescribeSecurityGroups", filter("tag-key", "t*"))["SecurityGroups"].size(),
              12U);
}

TEST(Ec2Filters, WildcardsMatchAsEc2Says) {
    EXPECT_TRUE(matches_wildcard("*", ""));
    EXPECT_TRUE(matches_wildcard("a*c*", "abcd"));
    EXPECT_TRUE(matches_wildcard("?b", "ab"));
    EXPECT_TRUE(matches_wildcard("\\*", "*"));
    EXPECT_TRUE(matches_wildcard("*a*b", "aab"));
    EXPECT_FALSE(matches_wildcard("\\*", "a"));
    EXPECT_FALSE(matches_wildcard("\\?", "a"));
    EXPECT_FALSE(matches_wildcard("?", ""));
    EXPECT_FALSE(matches_wildcard("a", "A"));
    EXPECT_FALSE(matches_wildcard("", "a"));
    EXPECT_FALSE(matches_wildcard(std::string(200, '*') + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace lifeboat::local
