#include "local/ec2_network.h"

#include <arpa/inet.h>

#include <charconv>
#include <utility>

#include "base/json.h"
#include "local/database.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

const char* text_of(PeerKind kind) {
    switch (kind) {
        case PeerKind::Ipv4:
            return "ipv4";
        case PeerKind::Ipv6:
            return "ipv6";
        case PeerKind::Group:
            return "group";
    }
    return "group";
}

PeerKind peer_kind_of(std::string_view text) {
    for (const PeerKind kind : {PeerKind::Ipv4, PeerKind::Ipv6})
        if (text == text_of(kind)) return kind;
    return PeerKind::Group;
}

Vpc vpc_of(const Row& row) {
    return {row.string(0), row.string(1), row.integer(2) != 0};
}

Subnet subnet_of(const Row& row) {
    return {row.string(0), row.string(1), row.string(2),
            row.string(3), row.string(4), row.integer(5) != 0};
}

SecurityGroup group_of(const Row& row) {
    return {row.string(0), row.string(1), row.string(2), row.string(3)};
}

std::optional<std::uint32_t> parse_address(std::string_view text) {
    in_addr address{};
    if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
    return ntohl(address.s_addr);
}

std::uint32_t block_size(int prefix) {
    return prefix == 0 ? 0xffffffffU : (1U << (32 - prefix));
}

}  // namespace

Ec2Network::Ec2Network(const Site& site) : random_(site.random), place_(site.place) {}

std::vector<std::string> Ec2Network::schema() {
    return {
        "CREATE TABLE ec2_vpc (id TEXT PRIMARY KEY, cidr TEXT NOT NULL,"
        " is_default INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE ec2_subnet (id TEXT PRIMARY KEY, vpc_id TEXT NOT NULL, zone TEXT NOT NULL,"
        " zone_id TEXT NOT NULL, cidr TEXT NOT NULL, is_default INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE ec2_security_group (id TEXT PRIMARY KEY, vpc_id TEXT NOT NULL,"
        " name TEXT NOT NULL, description TEXT NOT NULL, UNIQUE (vpc_id, name)) WITHOUT ROWID;"
        "CREATE TABLE ec2_security_group_rule (id TEXT PRIMARY KEY, group_id TEXT NOT NULL,"
        " egress INTEGER NOT NULL, protocol TEXT NOT NULL, from_port INTEGER NOT NULL,"
        " to_port INTEGER NOT NULL, peer_kind TEXT NOT NULL, peer TEXT NOT NULL,"
        " peer_account TEXT NOT NULL, description TEXT NOT NULL,"
        " UNIQUE (group_id, egress, protocol, from_port, to_port, peer_kind, peer)) WITHOUT ROWID;"
        "CREATE INDEX ec2_rule_by_peer ON ec2_security_group_rule (peer);"
        "CREATE TABLE ec2_tag (resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
        " PRIMARY KEY (resource, key)) WITHOUT ROWID;"};
}

void Ec2Network::make_default_vpc(Transaction& tx) const {
    if (!vpcs(tx).empty()) return;
    const std::string vpc_id = "vpc-" + new_hex(random_, 17);
    tx.run("INSERT INTO ec2_vpc (id, cidr, is_default) VALUES (?1, '172.31.0.0/16', 1)", {vpc_id});
    for (int zone = 0; zone < 3; ++zone)
        tx.run(
            "INSERT INTO ec2_subnet (id, vpc_id, zone, zone_id, cidr, is_default)"
            " VALUES (?1, ?2, ?3, ?4, ?5, 1)",
            {"subnet-" + new_hex(random_, 17), vpc_id,
             place_.region + static_cast<char>('a' + zone), zone_id(place_.region, zone),
             "172.31." + std::to_string(16 * zone) + ".0/20"});
    const std::string group =
        create_group(tx, {"", vpc_id, "default", "default VPC security group"});
    SecurityGroupRule members;
    members.group_id = group;
    members.protocol = "-1";
    members.peer = group;
    members.peer_account = place_.account;
    add_rule(tx, members);
}

std::vector<Vpc> Ec2Network::vpcs(Transaction& tx) const {
    std::vector<Vpc> found;
    tx.each("SELECT id, cidr, is_default FROM ec2_vpc ORDER BY id", {}, [&](const Row& row) {
        found.push_back(vpc_of(row));
        return true;
    });
    return found;
}

std::vector<Subnet> Ec2Network::subnets(Transaction& tx) const {
    std::vector<Subnet> found;
    tx.each("SELECT id, vpc_id, zone, zone_id, cidr, is_default FROM ec2_subnet ORDER BY id", {},
            [&](const Row& row) {
                found.push_back(subnet_of(row));
                return true;
            });
    return found;
}

std::vector<SecurityGroup> Ec2Network::groups(Transaction& tx) const {
    std::vector<SecurityGroup> found;
    tx.each("SELECT id, vpc_id, name, description FROM ec2_security_group ORDER BY id", {},
            [&](const Row& row) {
                found.push_back(group_of(row));
                return true;
            });
    return found;
}

std::vector<SecurityGroupRule> Ec2Network::rules(Transaction& tx, std::string_view group_id) const {
    std::vector<SecurityGroupRule> found;
    tx.each(
        "SELECT id, group_id, egress, protocol, from_port, to_port, peer_kind, peer, peer_account,"
        " description FROM ec2_security_group_rule WHERE group_id = ?1"
        " ORDER BY egress, protocol, from_port, to_port, peer_kind, peer",
        {group_id}, [&](const Row& row) {
            found.push_back({row.string(0), row.string(1),
                             row.integer(2) != 0 ? Direction::Egress : Direction::Ingress,
                             row.string(3), row.integer(4), row.integer(5),
                             peer_kind_of(row.text(6)), row.string(7), row.string(8),
                             row.string(9)});
            return true;
        });
    return found;
}

std::optional<Vpc> Ec2Network::vpc(Transaction& tx, std::string_view id) const {
    return tx.one("SELECT id, cidr, is_default FROM ec2_vpc WHERE id = ?1", {id}, vpc_of);
}

std::optional<Vpc> Ec2Network::default_vpc(Transaction& tx) const {
    return tx.one("SELECT id, cidr, is_default FROM ec2_vpc WHERE is_default = 1", {}, vpc_of);
}

std::optional<Subnet> Ec2Network::subnet(Transaction& tx, std::string_view id) const {
    return tx.one(
        "SELECT id, vpc_id, zone, zone_id, cidr, is_default FROM ec2_subnet WHERE id = ?1", {id},
        subnet_of);
}

std::optional<SecurityGroup> Ec2Network::group(Transaction& tx, std::string_view id) const {
    return tx.one("SELECT id, vpc_id, name, description FROM ec2_security_group WHERE id = ?1",
                  {id}, group_of);
}

std::optional<SecurityGroup> Ec2Network::group_named(Transaction& tx, std::string_view vpc_id,
                                                     std::string_view name) const {
    return tx.one(
        "SELECT id, vpc_id, name, description FROM ec2_security_group"
        " WHERE vpc_id = ?1 AND name = ?2",
        {vpc_id, name}, group_of);
}

std::string Ec2Network::create_group(Transaction& tx, const SecurityGroup& group) const {
    const std::string id = "sg-" + new_hex(random_, 17);
    tx.run("INSERT INTO ec2_security_group (id, vpc_id, name, description) VALUES (?1, ?2, ?3, ?4)",
           {id, group.vpc_id, group.name, group.description});
    SecurityGroupRule outward;
    outward.group_id = id;
    outward.direction = Direction::Egress;
    outward.protocol = "-1";
    outward.peer_kind = PeerKind::Ipv4;
    outward.peer = "0.0.0.0/0";
    add_rule(tx, outward);
    return id;
}

void Ec2Network::delete_group(Transaction& tx, std::string_view id) const {
    std::vector<std::string> rules;
    tx.each(
        "SELECT id FROM ec2_security_group_rule"
        " WHERE group_id = ?1 OR (peer_kind = 'group' AND peer = ?1)",
        {id}, [&](const Row& row) {
            rules.push_back(row.string(0));
            return true;
        });
    for (const std::string& rule : rules)
        remove_rule(tx, rule);
    tx.run("DELETE FROM ec2_tag WHERE resource = ?1", {id});
    tx.run("DELETE FROM ec2_security_group WHERE id = ?1", {id});
}

bool Ec2Network::is_referenced(Transaction& tx, std::string_view id) const {
    return tx
        .one(
            "SELECT 1 FROM ec2_security_group_rule"
            " WHERE peer_kind = 'group' AND peer = ?1 AND group_id <> ?1 LIMIT 1",
            {id}, [](const Row&) { return true; })
        .has_value();
}

std::optional<std::string> Ec2Network::add_rule(Transaction& tx,
                                                const SecurityGroupRule& rule) const {
    std::string id = "sgr-" + new_hex(random_, 17);
    const std::int64_t added = tx.run(
        "INSERT INTO ec2_security_group_rule (id, group_id, egress, protocol, from_port,"
        " to_port, peer_kind, peer, peer_account, description)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT DO NOTHING",
        {id, rule.group_id, rule.direction == Direction::Egress ? 1 : 0, rule.protocol,
         rule.from_port, rule.to_port, text_of(rule.peer_kind), rule.peer, rule.peer_account,
         rule.description});
    if (added == 0) return std::nullopt;
    return id;
}

bool Ec2Network::remove_rule(Transaction& tx, std::string_view id) const {
    tx.run("DELETE FROM ec2_tag WHERE resource = ?1", {id});
    return tx.run("DELETE FROM ec2_security_group_rule WHERE id = ?1", {id}) > 0;
}

std::string zone_id(std::string_view region, int zone) {
    // "ap-southeast-1": "ap" + "se" + "1"; "us-gov-west-1": "us" + "g" + "w" + "1".
    std::string code;
    bool first = true;
    while (!region.empty()) {
        const auto dash = region.find('-');
        const std::string_view part = region.substr(0, dash);
        region = dash == std::string_view::npos ? std::string_view() : region.substr(dash + 1);
        const auto starts = [&](std::string_view prefix) { return part.substr(0, 5) == prefix; };
        if (first)
            code += part;
        else if ((starts("north") || starts("south")) && part.size() > 5)
            code += {part[0], part[5]};
        else
            code += part.substr(0, 1);
        first = false;
    }
    return code + "-az" + std::to_string(zone + 1);
}

std::optional<std::pair<std::uint32_t, int>> parse_cidr(std::string_view cidr) {
    const auto slash = cidr.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = parse_address(cidr.substr(0, slash));
    const std::string_view digits = cidr.substr(slash + 1);
    int prefix = -1;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (!address || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() ||
        prefix < 0 || prefix > 32)
        return std::nullopt;
    return std::make_pair(*address, prefix);
}

std::optional<std::string> address_in(std::string_view cidr, std::uint32_t offset) {
    const auto block = parse_cidr(cidr);
    if (!block || offset < 4 || offset >= block_size(block->second) - 1) return std::nullopt;
    in_addr address{};
    address.s_addr = htonl(block->first + offset);
    char text[INET_ADDRSTRLEN];
    return ::inet_ntop(AF_INET, &address, text, sizeof text);
}

bool is_usable_address(std::string_view cidr, std::string_view address) {
    const auto block = parse_cidr(cidr);
    const auto number = parse_address(address);
    return block && number && *number >= block->first &&
           address_in(cidr, *number - block->first).has_value();
}

}  // namespace lifeboat::local
