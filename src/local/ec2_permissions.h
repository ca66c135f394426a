// Rules as requests write them (IpPermissions, or the older flat parameters) and as answers do.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/ec2_network.h"

namespace lifeboat::local {

class Ec2Permissions {
  public:
    Ec2Permissions(const Ec2Network& network, const cloud::Place& place)
        : network_(network), place_(place) {}

    // The ingress rules a request asks for, in canonical form. Throws Error InvalidParameterValue,
    // InvalidParameterCombination, MissingParameter, InvalidGroup.NotFound, ...
    std::vector<SecurityGroupRule> requested(Transaction& tx, const Json& request,
                                             const SecurityGroup& group) const;

    // IpPermissions: rules of one protocol and port range together.
    Json grouped(const std::vector<SecurityGroupRule>& rules, Direction direction) const;
    // A member of SecurityGroupRules.
    Json described(Transaction& tx, const SecurityGroupRule& rule) const;
    // "peer: sg-1, TCP, from port: 2049, to port: 2049, ALLOW".
    static std::string text(const SecurityGroupRule& rule);

  private:
    void add_permission(Transaction& tx, const Json& permission, const SecurityGroup& group,
                        std::vector<SecurityGroupRule>& rules) const;
    SecurityGroup peer_group(Transaction& tx, const Json& pair, const SecurityGroup& group) const;
    Json flat_permissions(const Json& request) const;

    const Ec2Network& network_;
    const cloud::Place& place_;
};

}  // namespace lifeboat::local
