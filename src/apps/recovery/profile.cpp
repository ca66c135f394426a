#include "apps/recovery/profile.h"

#include <algorithm>

#include "base/encoding.h"

namespace lifeboat::recovery {
namespace {

constexpr std::string_view kSpacePrefix = "space:";

}  // namespace

std::string_view to_string(Kind kind) {
    return kind == Kind::User ? "user profile" : "space";
}

std::string Profile::key() const {
    return kind == Kind::User ? lower_case(name) : std::string(kSpacePrefix) + lower_case(name);
}

std::string Profile::text() const {
    return std::string(to_string(kind)) + " '" + name + "'";
}

bool same_profile(const Profile& a, const Profile& b) {
    return a.key() == b.key();
}

bool is_space_key(std::string_view profile_key) {
    return profile_key.starts_with(kSpacePrefix);
}

std::string Home::text() const {
    return file_system + "/" + uid;
}

bool is_uid(std::string_view text) {
    return !text.empty() && text.size() <= 10 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string plain_domain_name(std::string_view domain_key) {
    return std::string(domain_key.substr(0, domain_key.find('@')));
}

std::string qualified_domain_key(std::string_view name, std::string_view domain_id) {
    return std::string(name) + "@" + std::string(domain_id);
}

}  // namespace lifeboat::recovery
