#include "apps/recovery/row.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

// "" for null, which the AWS sample's seeding wrote for the name that does not apply.
std::string text_of(const Json& plain, std::string_view attribute) {
    const Json* value = find(plain, attribute);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::int64_t number_of(const Json& plain, std::string_view attribute) {
    const Json* value = find(plain, attribute);
    return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

std::string key_text(const Json& plain, std::string_view attribute) {
    std::string text = text_of(plain, attribute);
    if (text.empty())
        throw Error(ErrorCategory::InvalidInput, "MalformedRow",
                    "a registry row without " + std::string(attribute) + ": " +
                        to_text(plain).substr(0, 200));
    return text;
}

}  // namespace

std::string RowKey::text() const {
    return profile_key + " in " + domain_key;
}

std::optional<bool> switch_of(const Json& plain, std::string_view attribute) {
    const Json* value = find(plain, attribute);
    if (value == nullptr || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

Row row_from(const Json& plain) {
    Row row;
    row.key = {key_text(plain, "profile_name"), key_text(plain, "domain_name")};
    const std::string user = text_of(plain, "user_profile_name");
    const std::string space = text_of(plain, "space_name");
    if (user.empty() && space.empty())
        throw Error(
            ErrorCategory::InvalidInput, "MalformedRow",
            "the registry row " + row.key.text() + " has neither user_profile_name nor space_name");
    row.profile = space.empty() ? Profile{Kind::User, user} : Profile{Kind::Space, space};
    row.domain_id = text_of(plain, "domain_id");
    row.home = {text_of(plain, "efs_sys_id"), text_of(plain, "efs_uid")};
    row.role_name = text_of(plain, "role_name");
    row.replication = bool_or(plain, "replication", true);
    row.protection = switch_of(plain, "protection");
    row.state = text_of(plain, "home_state");
    if (row.state.empty()) row.state = home_state::kLive;
    row.replication_status = text_of(plain, "replication_status");
    row.attempt = number_of(plain, "recovery_attempt");
    row.revision = number_of(plain, "revision");
    row.event_id = text_of(plain, "event_id");
    row.updated_at = text_of(plain, "updated_at");
    row.execution = text_of(plain, "recovery_execution");
    if (const Json* keys = find(plain, "former_keys"); keys != nullptr && keys->is_array())
        for (const Json& key : *keys)
            if (key.is_string()) row.former_keys.push_back(key.get<std::string>());
    row.source_profile_key = text_of(plain, "source_profile_name");
    row.source_domain_key = text_of(plain, "source_domain_name");
    row.item = std::make_shared<const Json>(plain);
    return row;
}

std::string execution_name(const Row& row) {
    // Names of machines' executions have at most 80 characters of [A-Za-z0-9-_].
    constexpr std::size_t kNameCharacters = 36;
    const std::string identity = row.profile.key() + "\n" + row.domain_id + "\n" + row.home.text();
    std::string name = row.profile.kind == Kind::User ? "u-" : "s-";
    name += lower_case(row.profile.name).substr(0, kNameCharacters);
    name += "-" + row.home.uid + "-" + to_hex(sha256(identity)).substr(0, 16);
    if (row.attempt > 0) name += "-r" + std::to_string(row.attempt);
    return name;
}

}  // namespace lifeboat::recovery
