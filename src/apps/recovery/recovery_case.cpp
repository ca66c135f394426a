#include "apps/recovery/recovery_case.h"

#include "apps/recovery/network.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCategory::InvalidInput, kInvalidInput, why);
}

std::string text_in(const Json& side, std::string_view owner, std::string_view member) {
    const Json* value = find(side, member);
    if (value == nullptr || value->is_null()) return "";
    if (!value->is_string())
        refuse(std::string(owner) + "." + std::string(member) + " is not a string");
    return value->get<std::string>();
}

}  // namespace

std::string file_system_of(const std::string& arn) {
    constexpr std::string_view kPrefix = "file-system/";
    const std::optional<cloud::Arn> parsed = cloud::parse_arn(arn);
    if (!parsed || parsed->service != "elasticfilesystem" ||
        !parsed->resource.starts_with(kPrefix) || parsed->resource.size() == kPrefix.size())
        refuse("'" + arn + "' is not the ARN of a file system");
    return parsed->resource.substr(kPrefix.size());
}

Side side_from(const Json& side, std::string_view member) {
    if (!side.is_object()) refuse(std::string(member) + " is not an object");
    Side result;
    const std::string user = text_in(side, member, "UserProfileName");
    const std::string space = text_in(side, member, "SpaceName");
    if (!user.empty() && !space.empty())
        refuse(std::string(member) + " names a UserProfileName and a SpaceName; give one");
    if (!user.empty()) result.profile = Profile{Kind::User, user};
    if (!space.empty()) result.profile = Profile{Kind::Space, space};
    result.domain_id = text_in(side, member, "DomainID");
    result.domain_name = text_in(side, member, "DomainName");
    if (const std::string arn = text_in(side, member, "EfsFilesystemArn"); !arn.empty())
        result.home.file_system = file_system_of(arn);
    result.home.uid = text_in(side, member, "HomeEfsFileSystemUid");
    if (!result.home.uid.empty() && !is_uid(result.home.uid))
        refuse(std::string(member) + ".HomeEfsFileSystemUid '" + result.home.uid +
               "' is not a UID");
    return result;
}

void add_network(Json& side, cloud::Cloud& cloud, DomainRecords& domains,
                 const cloud::Place& place) {
    const bool has_subnet = !string_or(side, "SubnetArn", "").empty();
    const Json* given_groups = find(side, "SecurityGroupArns");
    const bool has_groups =
        given_groups != nullptr && given_groups->is_array() && !given_groups->empty();
    if (has_subnet && has_groups) return;

    const std::string file_system = file_system_of(string_or(side, "EfsFilesystemArn", ""));
    std::optional<MountPoint> mount = mount_point_of(cloud, file_system);
    if (!mount) {
        if (!file_system_exists(cloud, file_system))
            throw Error(ErrorCategory::NotFound, kSourceGone,
                        "the file system " + file_system + " is gone");
        const std::optional<DomainRecord> record = domains.find(string_or(side, "DomainID", ""));
        if (!record || record->subnet.empty())
            throw Error(ErrorCategory::Unavailable, "NoMountTarget",
                        "the file system " + file_system + " has no mount target");
        mount = MountPoint{record->subnet, record->security_groups};
    }
    if (!has_subnet) side["SubnetArn"] = arn_of(place, "ec2", "subnet/" + mount->subnet);
    if (!has_groups) {
        std::vector<std::string> groups = copy_security_groups(cloud);
        if (groups.empty()) groups = mount->security_groups;
        Json arns = Json::array();
        for (const std::string& group : groups)
            arns.push_back(arn_of(place, "ec2", "security-group/" + group));
        side["SecurityGroupArns"] = std::move(arns);
    }
}

std::optional<Row> row_of_target(Registry& registry, const Json& state) {
    const Json* key = find_path(state, {"Target", "RowKey"});
    if (key == nullptr || !key->is_object()) return std::nullopt;
    return registry.row_at({string_or(*key, "ProfileKey", ""), string_or(*key, "DomainKey", "")});
}

std::string describe_target(const Json& state) {
    const Json* target = find(state, "Target");
    if (target == nullptr || !target->is_object()) return "";
    const auto text = [&](const char* member) {
        const Json* value = find(*target, member);
        return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
    };
    std::string who;
    if (!text("UserProfileName").empty())
        who = Profile{Kind::User, text("UserProfileName")}.text();
    else if (!text("SpaceName").empty())
        who = Profile{Kind::Space, text("SpaceName")}.text();
    else
        who = "home " + text("HomeEfsFileSystemUid") + " on " + text("EfsFilesystemArn");
    const std::string domain = text("DomainID").empty() ? text("DomainName") : text("DomainID");
    return domain.empty() ? who : who + " in domain " + domain;
}

}  // namespace lifeboat::recovery
