#include "apps/recovery/studio_event.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/arn.h"

namespace lifeboat::recovery {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCategory::InvalidInput, "MalformedEvent", why);
}

std::string text_at(const Json& value, std::initializer_list<std::string_view> members) {
    const Json* found = find_path(value, members);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Kind> kind_of(std::string_view event_name) {
    if (event_name.ends_with("UserProfile")) return Kind::User;
    if (event_name.ends_with("Space")) return Kind::Space;
    return std::nullopt;
}

// Fills in domain and name from "user-profile/d-abc/user1" or "domain/d-abc".
void read_arn(const std::string& text, StudioEvent& event, std::string& name) {
    const std::optional<cloud::Arn> arn = cloud::parse_arn(text);
    if (!arn) return;
    const std::string& resource = arn->resource;
    const std::size_t first = resource.find('/');
    if (first == std::string::npos) return;
    const std::size_t second = resource.find('/', first + 1);
    if (event.domain_id.empty()) event.domain_id = resource.substr(first + 1, second - first - 1);
    if (name.empty() && second != std::string::npos) name = resource.substr(second + 1);
}

}  // namespace

StudioEvent parse_studio_event(const Json& event) {
    const Json* detail = find(event, "detail");
    if (detail == nullptr || !detail->is_object()) refuse("the event has no detail");
    StudioEvent result;
    result.name = text_at(*detail, {"eventName"});
    if (result.name.empty()) refuse("the event's detail has no eventName");
    result.id = text_at(event, {"id"});
    if (result.id.empty()) result.id = text_at(*detail, {"eventID"});
    result.time = text_at(*detail, {"eventTime"});
    if (result.time.empty()) result.time = text_at(event, {"time"});
    result.error_code = text_at(*detail, {"errorCode"});
    if (!result.error_code.empty()) return result;

    const std::optional<Kind> kind = kind_of(result.name);
    if (!kind && !result.name.ends_with("Domain"))
        refuse("'" + result.name + "' concerns no domain, user profile or space");
    result.domain_id = text_at(*detail, {"requestParameters", "domainId"});
    std::string name;
    if (kind)
        name = text_at(
            *detail, {"requestParameters", *kind == Kind::User ? "userProfileName" : "spaceName"});
    for (const char* arn : {"userProfileArn", "spaceArn", "domainArn"})
        read_arn(text_at(*detail, {"responseElements", arn}), result, name);
    if (result.domain_id.empty())
        result.domain_id = text_at(*detail, {"responseElements", "domainId"});
    if (kind && name.empty())
        refuse("the " + result.name + " event names no " + std::string(to_string(*kind)) +
               (result.domain_id.empty() ? "" : " (domain " + result.domain_id + ")"));
    if (result.domain_id.empty())
        refuse("the " + result.name + " event names no domain" +
               (name.empty() ? "" : " (" + Profile{*kind, name}.text() + ")"));
    if (kind) result.profile = Profile{*kind, name};
    result.keeps_file_system =
        text_at(*detail, {"requestParameters", "retentionPolicy", "homeEfsFileSystem"}) != "Delete";
    return result;
}

}  // namespace lifeboat::recovery
