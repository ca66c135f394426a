#include "local/ec2_security_groups.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "local/ec2_filters.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

// Quota "Inbound or outbound rules per security group", default.
constexpr std::int64_t kMostRules = 60;
constexpr std::size_t kLongestName = 255;

Error refused(const char* code, const std::string& message) {
    return Error(ErrorCategory::InvalidInput, code, message);
}

Error no_group(const std::string& which) {
    return Error(ErrorCategory::NotFound, "InvalidGroup.NotFound",
                 "The security group '" + which + "' does not exist");
}

// Characters EC2 takes in names and descriptions (CreateSecurityGroup, API reference).
void check_text(const std::string& text, const char* member) {
    constexpr std::string_view kPunctuation = " ._-:/()#,@[]+=&;{}!$*";
    const bool fits = std::all_of(text.begin(), text.end(), [&](unsigned char c) {
        return (c < 0x80 && std::isalnum(c) != 0) ||
               kPunctuation.find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (text.empty() || text.size() > kLongestName || !fits)
        throw refused("InvalidParameterValue",
                      "Value (" + text.substr(0, kLongestName) + ") for parameter " + member +
                          " is invalid. Character sets beyond ASCII are not supported, and it has "
                          "1 to 255 characters.");
}

std::vector<std::string> strings_of(const Json& request, const char* member) {
    const Json* list = find(request, member);
    return list == nullptr ? std::vector<std::string>() : list->get<std::vector<std::string>>();
}

void add_rule_values(const Ec2Network& network, Transaction& tx,
                     const std::vector<SecurityGroupRule>& rules, FilterValues& values) {
    for (const SecurityGroupRule& rule : rules) {
        const std::string start =
            rule.direction == Direction::Egress ? "egress.ip-permission." : "ip-permission.";
        values[start + "protocol"].push_back(rule.protocol);
        values[start + "from-port"].push_back(std::to_string(rule.from_port));
        values[start + "to-port"].push_back(std::to_string(rule.to_port));
        if (rule.peer_kind == PeerKind::Ipv4) {
            values[start + "cidr"].push_back(rule.peer);
        } else if (rule.peer_kind == PeerKind::Ipv6) {
            values[start + "ipv6-cidr"].push_back(rule.peer);
        } else {
            values[start + "group-id"].push_back(rule.peer);
            values[start + "user-id"].push_back(rule.peer_account);
            if (const auto group = network.group(tx, rule.peer))
                values[start + "group-name"].push_back(group->name);
        }
    }
}

}  // namespace

Ec2SecurityGroups::Ec2SecurityGroups(Site& site, const Ec2Network& network)
    : site_(site), network_(network), permissions_(network, site.place), efs_(site) {}

std::vector<Operation> Ec2SecurityGroups::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller&) {
            return (this->*method)(tx, request);
        };
    };
    return {
        writes("CreateSecurityGroup", bind(&Ec2SecurityGroups::create)),
        reads("DescribeSecurityGroups", bind(&Ec2SecurityGroups::describe)),
        writes("DeleteSecurityGroup", bind(&Ec2SecurityGroups::remove)),
        writes("AuthorizeSecurityGroupIngress", bind(&Ec2SecurityGroups::authorize)),
        writes("RevokeSecurityGroupIngress", bind(&Ec2SecurityGroups::revoke)),
    };
}

SecurityGroup Ec2SecurityGroups::named(Transaction& tx, const Json& request) const {
    if (const auto id = find_string(request, "GroupId")) {
        if (!id->starts_with("sg-"))
            throw refused("InvalidGroupId.Malformed",
                          "Invalid id: \"" + *id + "\" (expecting \"sg-...\")");
        auto group = network_.group(tx, *id);
        if (!group) throw no_group(*id);
        return *std::move(group);
    }
    const auto name = find_string(request, "GroupName");
    if (!name)
        throw refused("MissingParameter",
                      "The request must contain the parameter groupName or groupId");
    const auto vpc = network_.default_vpc(tx);
    auto group = vpc ? network_.group_named(tx, vpc->id, *name) : std::nullopt;
    if (!group) throw no_group(*name);
    return *std::move(group);
}

Json Ec2SecurityGroups::create(Transaction& tx, const Json& request) {
    SecurityGroup group;
    group.name = require_string(request, "GroupName");
    group.description = require_string(request, "Description");
    check_text(group.name, "GroupName");
    check_text(group.description, "GroupDescription");
    if (group.name.starts_with("sg-"))
        throw refused("InvalidParameterValue",
                      "Value (" + group.name +
                          ") for parameter GroupName is invalid. Group names may not be in the "
                          "format sg-*.");
    const auto vpc_id = find_string(request, "VpcId");
    const auto vpc = vpc_id ? network_.vpc(tx, *vpc_id) : network_.default_vpc(tx);
    if (!vpc)
        throw Error(ErrorCategory::NotFound, "InvalidVpcID.NotFound",
                    "The vpc ID '" + vpc_id.value_or("") + "' does not exist");
    if (group.name == "default")
        throw refused("InvalidParameterValue", "Cannot use reserved security group name: default");
    if (network_.group_named(tx, vpc->id, group.name))
        throw Error(
            ErrorCategory::AlreadyExists, "InvalidGroup.Duplicate",
            "The security group '" + group.name + "' already exists for VPC '" + vpc->id + "'");
    group.vpc_id = vpc->id;
    const std::string id = network_.create_group(tx, group);
    set_ec2_tags(tx, id, "security-group", request);
    end_dry_run(request);
    return Json{{"GroupId", id},
                {"Tags", ec2_tags(tx, id)},
                {"SecurityGroupArn", cloud::arn_of(site_.place, "ec2", "security-group/" + id)}};
}

Json Ec2SecurityGroups::described(Transaction& tx, const SecurityGroup& group) const {
    const auto rules = network_.rules(tx, group.id);
    return Json{
        {"GroupId", group.id},
        {"GroupName", group.name},
        {"Description", group.description},
        {"VpcId", group.vpc_id},
        {"OwnerId", site_.place.account},
        {"SecurityGroupArn", cloud::arn_of(site_.place, "ec2", "security-group/" + group.id)},
        {"IpPermissions", permissions_.grouped(rules, Direction::Ingress)},
        {"IpPermissionsEgress", permissions_.grouped(rules, Direction::Egress)},
        {"Tags", ec2_tags(tx, group.id)}};
}

Json Ec2SecurityGroups::describe(Transaction& tx, const Json& request) {
    const Ec2Filters filters(request, {"description",
                                       "group-id",
                                       "group-name",
                                       "owner-id",
                                       "vpc-id",
                                       "ip-permission.cidr",
                                       "ip-permission.from-port",
                                       "ip-permission.group-id",
                                       "ip-permission.group-name",
                                       "ip-permission.ipv6-cidr",
                                       "ip-permission.protocol",
                                       "ip-permission.to-port",
                                       "ip-permission.user-id",
                                       "egress.ip-permission.cidr",
                                       "egress.ip-permission.from-port",
                                       "egress.ip-permission.group-id",
                                       "egress.ip-permission.group-name",
                                       "egress.ip-permission.ipv6-cidr",
                                       "egress.ip-permission.protocol",
                                       "egress.ip-permission.to-port",
                                       "egress.ip-permission.user-id"});
    const auto ids = strings_of(request, "GroupIds");
    const auto names = strings_of(request, "GroupNames");
    std::set<std::string> wanted;
    for (const std::string& id : ids)
        wanted.insert(named(tx, Json{{"GroupId", id}}).id);
    for (const std::string& name : names)
        wanted.insert(named(tx, Json{{"GroupName", name}}).id);
    std::vector<Json> found;
    for (const SecurityGroup& group : network_.groups(tx)) {
        if (!(ids.empty() && names.empty()) && !wanted.contains(group.id)) continue;
        FilterValues values = {{"description", {group.description}},
                               {"group-id", {group.id}},
                               {"group-name", {group.name}},
                               {"owner-id", {site_.place.account}},
                               {"vpc-id", {group.vpc_id}}};
        add_tag_values(ec2_tags(tx, group.id), values);
        add_rule_values(network_, tx, network_.rules(tx, group.id), values);
        if (filters.match(values)) found.push_back(described(tx, group));
    }
    end_dry_run(request);
    return ec2_page("DescribeSecurityGroups", request, "SecurityGroups", "GroupId",
                    std::move(found));
}

Json Ec2SecurityGroups::remove(Transaction& tx, const Json& request) {
    const SecurityGroup group = named(tx, request);
    if (group.name == "default")
        throw refused("CannotDelete", "the specified group: \"" + group.id +
                                          "\" name: \"default\" cannot be deleted by a user");
    if (network_.is_referenced(tx, group.id) || efs_.uses_group(tx, group.id))
        throw refused("DependencyViolation", "resource " + group.id + " has a dependent object");
    network_.delete_group(tx, group.id);
    end_dry_run(request);
    return Json{{"Return", true}, {"GroupId", group.id}};
}

Json Ec2SecurityGroups::authorize(Transaction& tx, const Json& request) {
    const SecurityGroup group = named(tx, request);
    const auto wanted = permissions_.requested(tx, request, group);
    if (wanted.empty())
        throw refused("MissingParameter",
                      "The request must contain the parameter ipPermissions or cidrIp");
    Json described = Json::array();
    for (SecurityGroupRule rule : wanted) {
        const auto id = network_.add_rule(tx, rule);
        if (!id)
            throw Error(ErrorCategory::AlreadyExists, "InvalidPermission.Duplicate",
                        "the specified rule \"" + Ec2Permissions::text(rule) + "\" already exists");
        rule.id = *id;
        set_ec2_tags(tx, rule.id, "security-group-rule", request);
        described.push_back(permissions_.described(tx, rule));
    }
    const auto rules = network_.rules(tx, group.id);
    if (std::count_if(rules.begin(), rules.end(), [](const SecurityGroupRule& rule) {
            return rule.direction == Direction::Ingress;
        }) > kMostRules)
        throw refused("RulesPerSecurityGroupLimitExceeded",
                      "The maximum number of rules per security group has been reached.");
    end_dry_run(request);
    return Json{{"Return", true}, {"SecurityGroupRules", std::move(described)}};
}

std::vector<SecurityGroupRule> Ec2SecurityGroups::rules_to_revoke(
    Transaction& tx, const Json& request, const SecurityGroup& group) const {
    const auto all = network_.rules(tx, group.id);
    const auto ids = strings_of(request, "SecurityGroupRuleIds");
    const auto wanted = permissions_.requested(tx, request, group);
    if (ids.empty() == wanted.empty())
        throw refused(ids.empty() ? "MissingParameter" : "InvalidParameterCombination",
                      "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.");
    std::vector<SecurityGroupRule> found;
    for (const std::string& id : ids) {
        const auto rule = std::find_if(all.begin(), all.end(), [&](const SecurityGroupRule& one) {
            return one.id == id && one.direction == Direction::Ingress;
        });
        if (rule == all.end())
            throw Error(ErrorCategory::NotFound, "InvalidSecurityGroupRuleId.NotFound",
                        "The security group rule ID '" + id + "' does not exist");
        found.push_back(*rule);
    }
    for (const SecurityGroupRule& one : wanted) {
        const auto rule = std::find_if(all.begin(), all.end(), [&](const SecurityGroupRule& other) {
            return other.direction == one.direction && other.protocol == one.protocol &&
                   other.from_port == one.from_port && other.to_port == one.to_port &&
                   other.peer_kind == one.peer_kind && other.peer == one.peer;
        });
        if (rule == all.end())
            throw Error(ErrorCategory::NotFound, "InvalidPermission.NotFound",
                        "The specified rule does not exist in this security group.");
        found.push_back(*rule);
    }
    return found;
}

Json Ec2SecurityGroups::revoke(Transaction& tx, const Json& request) {
    const SecurityGroup group = named(tx, request);
    Json revoked = Json::array();
    for (const SecurityGroupRule& rule : rules_to_revoke(tx, request, group)) {
        if (!network_.remove_rule(tx, rule.id)) continue;  // named twice
        Json entry = permissions_.described(tx, rule);
        if (const Json* peer = find(entry, "ReferencedGroupInfo"))
            entry["ReferencedGroupId"] = (*peer)["GroupId"];
        for (const char* member :
             {"ReferencedGroupInfo", "GroupOwnerId", "Tags", "SecurityGroupRuleArn"})
            entry.erase(member);
        revoked.push_back(std::move(entry));
    }
    end_dry_run(request);
    return Json{{"Return", true},
                {"UnknownIpPermissions", Json::array()},
                {"RevokedSecurityGroupRules", std::move(revoked)}};
}

}  // namespace lifeboat::local
