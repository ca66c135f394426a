// The operations on security groups.
#pragma once

#include <vector>

#include "base/json_fwd.h"
#include "local/ec2_network.h"
#include "local/ec2_permissions.h"
#include "local/efs_registry.h"
#include "local/service.h"

namespace lifeboat::local {

class Ec2SecurityGroups {
  public:
    Ec2SecurityGroups(Site& site, const Ec2Network& network);
    std::vector<Operation> operations();

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);
    Json authorize(Transaction& tx, const Json& request);
    Json revoke(Transaction& tx, const Json& request);

    // The group a request names by GroupId, or by GroupName in the default VPC.
    SecurityGroup named(Transaction& tx, const Json& request) const;
    Json described(Transaction& tx, const SecurityGroup& group) const;
    std::vector<SecurityGroupRule> rules_to_revoke(Transaction& tx, const Json& request,
                                                   const SecurityGroup& group) const;

    Site& site_;
    const Ec2Network& network_;
    Ec2Permissions permissions_;
    EfsRegistry efs_;
};

}  // namespace lifeboat::local
