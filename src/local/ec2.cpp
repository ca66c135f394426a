#include "local/ec2.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/json.h"
#include "local/ec2_filters.h"
#include "local/ec2_network.h"
#include "local/ec2_security_groups.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

const char* text_of(bool value) {
    return value ? "true" : "false";
}

class Ec2Service final : public Service {
  public:
    explicit Ec2Service(Site& site)
        : site_(site), network_(site), groups_(site, network_), efs_(site) {}

    std::string_view name() const override { return "ec2"; }
    std::vector<std::string> schema() const override { return Ec2Network::schema(); }
    void prepare() override {
        site_.database.write([this](Transaction& tx) { network_.make_default_vpc(tx); });
    }

    std::vector<Operation> operations() override {
        std::vector<Operation> all = groups_.operations();
        all.push_back(reads("DescribeVpcs", [this](Transaction& tx, const Json& request,
                                                   const Caller&) { return vpcs(tx, request); }));
        all.push_back(
            reads("DescribeSubnets", [this](Transaction& tx, const Json& request, const Caller&) {
                return subnets(tx, request);
            }));
        return all;
    }

  private:
    // The ids a request asks for by name; throws with `code` for one that is not `known`.
    static std::vector<std::string> asked(const Json& request, const char* member,
                                          const std::vector<std::string>& known, const char* code,
                                          const char* kind) {
        const Json* list = find(request, member);
        if (list == nullptr) return {};
        auto ids = list->get<std::vector<std::string>>();
        for (const std::string& id : ids)
            if (std::find(known.begin(), known.end(), id) == known.end())
                throw Error(ErrorCategory::NotFound, code,
                            std::string("The ") + kind + " ID '" + id + "' does not exist");
        return ids;
    }

    static bool is_asked(const std::vector<std::string>& ids, const std::string& id) {
        return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
    }

    Json vpcs(Transaction& tx, const Json& request);
    Json subnets(Transaction& tx, const Json& request);
    Json described(Transaction& tx, const Subnet& subnet);

    Site& site_;
    Ec2Network network_;
    Ec2SecurityGroups groups_;
    EfsRegistry efs_;
};

Json Ec2Service::vpcs(Transaction& tx, const Json& request) {
    const Ec2Filters filters(
        request, {"vpc-id", "cidr", "cidr-block-association.cidr-block", "is-default", "isDefault",
                  "owner-id", "state", "dhcp-options-id"});
    const auto all = network_.vpcs(tx);
    std::vector<std::string> known;
    for (const Vpc& vpc : all)
        known.push_back(vpc.id);
    const auto ids = asked(request, "VpcIds", known, "InvalidVpcID.NotFound", "vpc");
    std::vector<Json> found;
    for (const Vpc& vpc : all) {
        const Json tags = ec2_tags(tx, vpc.id);
        FilterValues values = {{"vpc-id", {vpc.id}},
                               {"cidr", {vpc.cidr}},
                               {"cidr-block-association.cidr-block", {vpc.cidr}},
                               {"is-default", {text_of(vpc.is_default)}},
                               {"isDefault", {text_of(vpc.is_default)}},
                               {"owner-id", {site_.place.account}},
                               {"state", {"available"}},
                               {"dhcp-options-id", {"default"}}};
        add_tag_values(tags, values);
        if (!is_asked(ids, vpc.id) || !filters.match(values)) continue;
        found.push_back({{"VpcId", vpc.id},
                         {"State", "available"},
                         {"CidrBlock", vpc.cidr},
                         {"DhcpOptionsId", "default"},
                         {"InstanceTenancy", "default"},
                         {"IsDefault", vpc.is_default},
                         {"OwnerId", site_.place.account},
                         {"CidrBlockAssociationSet",
                          Json::array({Json{{"AssociationId", "vpc-cidr-assoc-" + vpc.id.substr(4)},
                                            {"CidrBlock", vpc.cidr},
                                            {"CidrBlockState", {{"State", "associated"}}}}})},
                         {"Tags", tags}});
    }
    end_dry_run(request);
    return ec2_page("DescribeVpcs", request, "Vpcs", "VpcId", std::move(found));
}

Json Ec2Service::described(Transaction& tx, const Subnet& subnet) {
    const auto block = parse_cidr(subnet.cidr);
    // EC2 keeps five addresses of each subnet; mount targets are all that stand in ours.
    const std::int64_t free =
        (std::int64_t{1} << (32 - block->second)) - 5 - efs_.count_mount_targets(tx, subnet.id);
    return Json{{"SubnetId", subnet.id},
                {"VpcId", subnet.vpc_id},
                {"State", "available"},
                {"CidrBlock", subnet.cidr},
                {"AvailabilityZone", subnet.zone},
                {"AvailabilityZoneId", subnet.zone_id},
                {"AvailableIpAddressCount", free},
                {"DefaultForAz", subnet.is_default},
                {"MapPublicIpOnLaunch", subnet.is_default},
                {"AssignIpv6AddressOnCreation", false},
                {"Ipv6CidrBlockAssociationSet", Json::array()},
                {"OwnerId", site_.place.account},
                {"SubnetArn", cloud::arn_of(site_.place, "ec2", "subnet/" + subnet.id)},
                {"Tags", ec2_tags(tx, subnet.id)}};
}

Json Ec2Service::subnets(Transaction& tx, const Json& request) {
    const Ec2Filters filters(
        request, {"subnet-id", "vpc-id", "availability-zone", "availabilityZone",
                  "availability-zone-id", "availabilityZoneId", "cidr-block", "cidr", "cidrBlock",
                  "default-for-az", "defaultForAz", "state", "owner-id", "subnet-arn",
                  "map-public-ip-on-launch", "available-ip-address-count"});
    const auto all = network_.subnets(tx);
    std::vector<std::string> known;
    for (const Subnet& subnet : all)
        known.push_back(subnet.id);
    const auto ids = asked(request, "SubnetIds", known, "InvalidSubnetID.NotFound", "subnet");
    std::vector<Json> found;
    for (const Subnet& subnet : all) {
        if (!is_asked(ids, subnet.id)) continue;
        Json item = described(tx, subnet);
        const std::string free = std::to_string(item["AvailableIpAddressCount"].get<int>());
        const std::string is_default = text_of(subnet.is_default);
        FilterValues values = {{"subnet-id", {subnet.id}},
                               {"vpc-id", {subnet.vpc_id}},
                               {"availability-zone", {subnet.zone}},
                               {"availabilityZone", {subnet.zone}},
                               {"availability-zone-id", {subnet.zone_id}},
                               {"availabilityZoneId", {subnet.zone_id}},
                               {"cidr-block", {subnet.cidr}},
                               {"cidr", {subnet.cidr}},
                               {"cidrBlock", {subnet.cidr}},
                               {"default-for-az", {is_default}},
                               {"defaultForAz", {is_default}},
                               {"state", {"available"}},
                               {"owner-id", {site_.place.account}},
                               {"subnet-arn", {item["SubnetArn"]}},
                               {"map-public-ip-on-launch", {is_default}},
                               {"available-ip-address-count", {free}}};
        add_tag_values(item["Tags"], values);
        if (filters.match(values)) found.push_back(std::move(item));
    }
    end_dry_run(request);
    return ec2_page("DescribeSubnets", request, "Subnets", "SubnetId", std::move(found));
}

}  // namespace

std::unique_ptr<Service> make_ec2_service(Site& site) {
    return std::make_unique<Ec2Service>(site);
}

}  // namespace lifeboat::local
