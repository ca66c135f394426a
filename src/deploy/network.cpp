#include "deploy/network.h"

#include "base/json.h"

namespace lifeboat::deploy {
namespace {

constexpr int kNfs = 2049;

Json parameter(const std::string& name, const std::string& description, Json value) {
    return {{"Type", "AWS::SSM::Parameter"},
            {"Properties",
             {{"Name", name},
              {"Type", "String"},
              {"Description", description},
              {"Value", std::move(value)}}}};
}

}  // namespace

void add_network(Json& parameters, Json& resources) {
    parameters["VpcId"] = {{"Type", "AWS::EC2::VPC::Id"},
                           {"Description", "Where the file systems' mount targets are"}};
    parameters["SubnetId"] = {{"Type", "AWS::EC2::Subnet::Id"},
                              {"Description", "Where DataSync's interfaces are"}};
    const Json group = {{"Fn::GetAtt", {"CopySecurityGroup", "GroupId"}}};
    resources["CopySecurityGroup"] = {
        {"Type", "AWS::EC2::SecurityGroup"},
        {"Properties",
         {{"GroupDescription", "Copies between home file systems"},
          {"VpcId", {{"Ref", "VpcId"}}},
          {"SecurityGroupEgress",
           {{{"IpProtocol", "-1"}, {"CidrIp", "0.0.0.0/0"}, {"Description", "Out"}}}}}}};
    resources["CopySecurityGroupNfs"] = {{"Type", "AWS::EC2::SecurityGroupIngress"},
                                         {"Properties",
                                          {{"GroupId", group},
                                           {"Description", "NFS among its members"},
                                           {"IpProtocol", "tcp"},
                                           {"FromPort", kNfs},
                                           {"ToPort", kNfs},
                                           {"SourceSecurityGroupId", group}}}};
    resources["SecurityGroupParameter"] = parameter(
        "/network/vpc/sagemaker/securitygroups", "Security group of copies between homes", group);
    resources["VpcParameter"] =
        parameter("/network/vpc/sagemaker/vpc", "VPC of the home file systems", {{"Ref", "VpcId"}});
    resources["SubnetParameter"] = parameter(
        "/network/vpc/sagemaker/subnets", "Subnet of copies between homes", {{"Ref", "SubnetId"}});
}

}  // namespace lifeboat::deploy
