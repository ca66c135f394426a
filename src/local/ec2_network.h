// The network that the other services stand in: VPCs, subnets, security groups. Rows of the ec2
// service, for it and for services that need a group or a subnet in the same transaction as
// something of their own (a Studio domain and its file system).
//
// Nothing here filters packets: the local cloud has no network of its own. The rules are kept
// because recovery checks and mends them, as it does on AWS.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/random.h"
#include "cloud/arn.h"

namespace lifeboat::local {

struct Site;
class Transaction;

struct Vpc {
    std::string id;
    std::string cidr;
    bool is_default = false;
};

struct Subnet {
    std::string id;
    std::string vpc_id;
    std::string zone;     // "us-east-1a"
    std::string zone_id;  // "use1-az1"
    std::string cidr;
    bool is_default = false;
};

struct SecurityGroup {
    std::string id;
    std::string vpc_id;
    std::string name;
    std::string description;
};

enum class Direction { Ingress, Egress };
enum class PeerKind { Ipv4, Ipv6, Group };

// One rule as EC2 stores it: one protocol and port range, one peer.
struct SecurityGroupRule {
    std::string id;  // "sgr-..."; empty: not stored yet
    std::string group_id;
    Direction direction = Direction::Ingress;
    std::string protocol = "tcp";  // "-1": all
    std::int64_t from_port = -1;   // -1: all
    std::int64_t to_port = -1;
    PeerKind peer_kind = PeerKind::Group;
    std::string peer;          // CIDR or group id
    std::string peer_account;  // of a group
    std::string description;
};

class Ec2Network {
  public:
    explicit Ec2Network(const Site& site);

    static std::vector<std::string> schema();

    // Makes the default VPC with a subnet in each of three zones and its default security group,
    // unless there is a VPC already.
    void make_default_vpc(Transaction& tx) const;

    // By id, ascending.
    std::vector<Vpc> vpcs(Transaction& tx) const;
    std::vector<Subnet> subnets(Transaction& tx) const;
    std::vector<SecurityGroup> groups(Transaction& tx) const;
    std::vector<SecurityGroupRule> rules(Transaction& tx, std::string_view group_id) const;

    std::optional<Vpc> vpc(Transaction& tx, std::string_view id) const;
    std::optional<Vpc> default_vpc(Transaction& tx) const;
    std::optional<Subnet> subnet(Transaction& tx, std::string_view id) const;
    std::optional<SecurityGroup> group(Transaction& tx, std::string_view id) const;
    std::optional<SecurityGroup> group_named(Transaction& tx, std::string_view vpc_id,
                                             std::string_view name) const;

    // A group that lets everything out, as EC2 makes them. The name must be free in the VPC.
    std::string create_group(Transaction& tx, const SecurityGroup& group) const;
    // With its rules and the rules of others that name it.
    void delete_group(Transaction& tx, std::string_view id) const;
    // Whether a rule of another group names it.
    bool is_referenced(Transaction& tx, std::string_view id) const;

    // Returns the id; nullopt when the group has this rule already.
    std::optional<std::string> add_rule(Transaction& tx, const SecurityGroupRule& rule) const;
    bool remove_rule(Transaction& tx, std::string_view id) const;

  private:
    Random& random_;
    const cloud::Place& place_;
};

// "us-east-1" and 0 -> "use1-az1".
std::string zone_id(std::string_view region, int zone);
// The address `offset` behind the start of an IPv4 block; nullopt when it is not in the block, or
// one of those EC2 keeps for itself (the first four and the last).
std::optional<std::string> address_in(std::string_view cidr, std::uint32_t offset);
// Whether the block holds the address and EC2 would give it out.
bool is_usable_address(std::string_view cidr, std::string_view address);
// Parses "10.0.0.0/16" into address and prefix length; nullopt when it is no such block.
std::optional<std::pair<std::uint32_t, int>> parse_cidr(std::string_view cidr);

}  // namespace lifeboat::local
