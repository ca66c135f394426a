#include "local/ec2_permissions.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/ec2_filters.h"

namespace lifeboat::local {
namespace {

constexpr std::size_t kLongestDescription = 255;

Error refused(const char* code, const std::string& message) {
    return Error(ErrorCategory::InvalidInput, code, message);
}

// Names for the numbers that have one; -1 stands for all.
std::string canonical_protocol(const std::string& given) {
    const std::string lower = lower_case(given);
    if (lower == "tcp" || lower == "6") return "tcp";
    if (lower == "udp" || lower == "17") return "udp";
    if (lower == "icmp" || lower == "1") return "icmp";
    if (lower == "icmpv6" || lower == "58") return "icmpv6";
    int number = 0;
    const auto parsed = std::from_chars(lower.data(), lower.data() + lower.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != lower.data() + lower.size() || number < -1 ||
        number > 255)
        throw refused("InvalidParameterValue",
                      "Invalid value '" + given + "' for IP protocol. Unknown protocol.");
    return std::to_string(number);
}

void set_ports(const Json& permission, SecurityGroupRule& rule) {
    const bool is_icmp = rule.protocol == "icmp" || rule.protocol == "icmpv6";
    if (rule.protocol != "tcp" && rule.protocol != "udp" && !is_icmp) return;  // all ports
    const auto from = find_integer(permission, "FromPort");
    const auto to = find_integer(permission, "ToPort");
    if (!from || !to)
        throw refused("InvalidParameterValue",
                      "Invalid value 'Must specify both from and to ports with TCP/UDP/ICMP.' for "
                      "portRange.");
    const std::int64_t low = is_icmp ? -1 : 0;
    const std::int64_t high = is_icmp ? 255 : 65535;
    if (*from < low || *from > high || *to < low || *to > high || (!is_icmp && *from > *to))
        throw refused("InvalidParameterValue", "Invalid value '" + std::to_string(*from) + "-" +
                                                   std::to_string(*to) + "' for portRange.");
    rule.from_port = *from;
    rule.to_port = *to;
}

std::string canonical_cidr(const std::string& given) {
    const auto block = parse_cidr(given);
    if (!block) throw refused("InvalidParameterValue", "CIDR block " + given + " is malformed");
    const std::uint32_t mask = block->second == 0 ? 0 : ~0U << (32 - block->second);
    in_addr address{};
    address.s_addr = htonl(block->first & mask);
    char text[INET_ADDRSTRLEN];
    return std::string(::inet_ntop(AF_INET, &address, text, sizeof text)) + "/" +
           std::to_string(block->second);
}

std::string canonical_cidr6(const std::string& given) {
    const auto slash = given.find('/');
    in6_addr address{};
    int prefix = -1;
    if (slash != std::string::npos) {
        const char* end = given.data() + given.size();
        const auto parsed = std::from_chars(given.data() + slash + 1, end, prefix);
        if (parsed.ec != std::errc() || parsed.ptr != end) prefix = -1;
    }
    if (prefix < 0 || prefix > 128 ||
        ::inet_pton(AF_INET6, given.substr(0, slash).c_str(), &address) != 1)
        throw refused("InvalidParameterValue", "CIDR block " + given + " is malformed");
    for (int bit = prefix; bit < 128; ++bit)
        address.s6_addr[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    char text[INET6_ADDRSTRLEN];
    return std::string(::inet_ntop(AF_INET6, &address, text, sizeof text)) + "/" +
           std::to_string(prefix);
}

std::string description_of(const Json& peer) {
    std::string text = string_or(peer, "Description", "");
    if (text.size() > kLongestDescription)
        throw refused("InvalidParameterValue", "Invalid rule description: longer than 255.");
    return text;
}

const Json& list_of(const Json& permission, const char* member) {
    static const Json none = Json::array();
    const Json* list = find(permission, member);
    return list == nullptr ? none : *list;
}

}  // namespace

SecurityGroup Ec2Permissions::peer_group(Transaction& tx, const Json& pair,
                                         const SecurityGroup& group) const {
    if (find(pair, "VpcPeeringConnectionId") != nullptr)
        throw refused("InvalidParameterValue", "The local cloud has no VPC peering connections.");
    const std::string account = string_or(pair, "UserId", place_.account);
    std::optional<SecurityGroup> found;
    const std::string id = string_or(pair, "GroupId", "");
    const std::string name = string_or(pair, "GroupName", "");
    if (id.empty() && name.empty())
        throw refused("MissingParameter", "A group pair needs a GroupId or a GroupName.");
    if (account == place_.account)
        found = id.empty() ? network_.group_named(tx, group.vpc_id, name) : network_.group(tx, id);
    const std::string vpc = string_or(pair, "VpcId", found ? found->vpc_id : "");
    if (!found || vpc != found->vpc_id)
        throw Error(ErrorCategory::NotFound, "InvalidGroup.NotFound",
                    "The security group '" + (id.empty() ? name : id) + "' does not exist");
    if (found->vpc_id != group.vpc_id)
        throw refused("InvalidGroup.NotFound",
                      "You have specified two resources that belong to different networks.");
    return *std::move(found);
}

void Ec2Permissions::add_permission(Transaction& tx, const Json& permission,
                                    const SecurityGroup& group,
                                    std::vector<SecurityGroupRule>& rules) const {
    SecurityGroupRule rule;
    rule.group_id = group.id;
    rule.protocol = canonical_protocol(require_string(permission, "IpProtocol"));
    set_ports(permission, rule);
    const std::size_t before = rules.size();
    const auto add = [&](PeerKind kind, std::string peer, std::string account, const Json& entry) {
        SecurityGroupRule one = rule;
        one.peer_kind = kind;
        one.peer = std::move(peer);
        one.peer_account = std::move(account);
        one.description = description_of(entry);
        rules.push_back(std::move(one));
    };
    for (const Json& range : list_of(permission, "IpRanges"))
        add(PeerKind::Ipv4, canonical_cidr(require_string(range, "CidrIp")), "", range);
    for (const Json& range : list_of(permission, "Ipv6Ranges"))
        add(PeerKind::Ipv6, canonical_cidr6(require_string(range, "CidrIpv6")), "", range);
    for (const Json& list : list_of(permission, "PrefixListIds"))
        throw Error(
            ErrorCategory::NotFound, "InvalidPrefixListID.NotFound",
            "The prefix list ID '" + string_or(list, "PrefixListId", "") + "' does not exist");
    for (const Json& pair : list_of(permission, "UserIdGroupPairs"))
        add(PeerKind::Group, peer_group(tx, pair, group).id, place_.account, pair);
    if (rules.size() == before)
        throw refused("MissingParameter",
                      "A permission must name at least one IP range or security group.");
}

// The parameters older than IpPermissions. A source group by name opens everything to it.
Json Ec2Permissions::flat_permissions(const Json& request) const {
    Json permissions = Json::array();
    if (const auto name = find_string(request, "SourceSecurityGroupName")) {
        if (find(request, "CidrIp") != nullptr)
            throw refused("InvalidParameterCombination",
                          "CidrIp and SourceSecurityGroupName cannot be used together.");
        Json pair = {{"GroupName", *name}};
        if (const auto owner = find_string(request, "SourceSecurityGroupOwnerId"))
            pair["UserId"] = *owner;
        for (const char* protocol : {"tcp", "udp", "icmp"}) {
            const bool is_icmp = std::string_view(protocol) == "icmp";
            permissions.push_back({{"IpProtocol", protocol},
                                   {"FromPort", is_icmp ? -1 : 0},
                                   {"ToPort", is_icmp ? -1 : 65535},
                                   {"UserIdGroupPairs", Json::array({pair})}});
        }
        return permissions;
    }
    const auto cidr = find_string(request, "CidrIp");
    const auto protocol = find_string(request, "IpProtocol");
    if (!cidr && !protocol) return permissions;
    if (!cidr || !protocol)
        throw refused("MissingParameter", "CidrIp and IpProtocol must be given together.");
    Json permission = {{"IpProtocol", *protocol},
                       {"IpRanges", Json::array({Json{{"CidrIp", *cidr}}})}};
    for (const char* port : {"FromPort", "ToPort"})
        if (const Json* value = find(request, port)) permission[port] = *value;
    permissions.push_back(std::move(permission));
    return permissions;
}

std::vector<SecurityGroupRule> Ec2Permissions::requested(Transaction& tx, const Json& request,
                                                         const SecurityGroup& group) const {
    Json permissions = flat_permissions(request);
    if (const Json* given = find(request, "IpPermissions"); given != nullptr && !given->empty()) {
        if (!permissions.empty())
            throw refused("InvalidParameterCombination",
                          "The parameter 'ipPermissions' may not be used in combination with "
                          "'ipProtocol'");
        permissions = *given;
    }
    std::vector<SecurityGroupRule> rules;
    for (const Json& permission : permissions)
        add_permission(tx, permission, group, rules);
    return rules;
}

Json Ec2Permissions::grouped(const std::vector<SecurityGroupRule>& rules,
                             Direction direction) const {
    Json permissions = Json::array();
    const SecurityGroupRule* last = nullptr;
    for (const SecurityGroupRule& rule : rules) {
        if (rule.direction != direction) continue;
        if (last == nullptr || last->protocol != rule.protocol ||
            last->from_port != rule.from_port || last->to_port != rule.to_port) {
            Json permission = {{"IpProtocol", rule.protocol},
                               {"IpRanges", Json::array()},
                               {"Ipv6Ranges", Json::array()},
                               {"PrefixListIds", Json::array()},
                               {"UserIdGroupPairs", Json::array()}};
            if (rule.protocol != "-1") {
                permission["FromPort"] = rule.from_port;
                permission["ToPort"] = rule.to_port;
            }
            permissions.push_back(std::move(permission));
        }
        last = &rule;
        Json entry = Json::object();
        if (!rule.description.empty()) entry["Description"] = rule.description;
        Json& permission = permissions.back();
        if (rule.peer_kind == PeerKind::Ipv4) {
            entry["CidrIp"] = rule.peer;
            permission["IpRanges"].push_back(std::move(entry));
        } else if (rule.peer_kind == PeerKind::Ipv6) {
            entry["CidrIpv6"] = rule.peer;
            permission["Ipv6Ranges"].push_back(std::move(entry));
        } else {
            entry["GroupId"] = rule.peer;
            entry["UserId"] = rule.peer_account;
            permission["UserIdGroupPairs"].push_back(std::move(entry));
        }
    }
    return permissions;
}

Json Ec2Permissions::described(Transaction& tx, const SecurityGroupRule& rule) const {
    Json answer = {
        {"SecurityGroupRuleId", rule.id},
        {"GroupId", rule.group_id},
        {"GroupOwnerId", place_.account},
        {"IsEgress", rule.direction == Direction::Egress},
        {"IpProtocol", rule.protocol},
        {"FromPort", rule.from_port},
        {"ToPort", rule.to_port},
        {"Tags", ec2_tags(tx, rule.id)},
        {"SecurityGroupRuleArn", cloud::arn_of(place_, "ec2", "security-group-rule/" + rule.id)}};
    if (!rule.description.empty()) answer["Description"] = rule.description;
    if (rule.peer_kind == PeerKind::Ipv4)
        answer["CidrIpv4"] = rule.peer;
    else if (rule.peer_kind == PeerKind::Ipv6)
        answer["CidrIpv6"] = rule.peer;
    else
        answer["ReferencedGroupInfo"] = {{"GroupId", rule.peer}, {"UserId", rule.peer_account}};
    return answer;
}

std::string Ec2Permissions::text(const SecurityGroupRule& rule) {
    std::string protocol = rule.protocol == "-1" ? "ALL" : rule.protocol;
    std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string text = "peer: " + rule.peer + ", " + protocol;
    if (rule.from_port >= 0)
        text += ", from port: " + std::to_string(rule.from_port) +
                ", to port: " + std::to_string(rule.to_port);
    return text + ", ALLOW";
}

}  // namespace lifeboat::local
