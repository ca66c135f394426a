// The files AWS's tools share: ~/.aws/config and ~/.aws/credentials, in INI form with one section a
// profile.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "os/environment.h"

namespace lifeboat::cloud {

// Section name -> key -> value. Keys are lower case; "[profile x]" is the section "x". Nested
// settings (indented below a key without value) appear as "key.nested". Lines that are none of this
// are passed over, as the SDKs do.
using IniSections =
    std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>>;
IniSections parse_ini(std::string_view text);

struct Profile {
    std::string name;
    // Both files' settings; where both have one, the credentials file wins.
    std::map<std::string, std::string, std::less<>> settings;
    // Of the section its `services` setting names: "dynamodb.endpoint_url" and the like.
    std::map<std::string, std::string, std::less<>> services;

    std::string get(std::string_view key) const;  // empty when absent
};

// The profile `name`, or AWS_PROFILE, or "default"; files from AWS_CONFIG_FILE,
// AWS_SHARED_CREDENTIALS_FILE or the home directory. Files that are absent are empty. Throws
// Error{NotFound, "ProfileNotFound"} for a profile that was asked for by name and is in neither.
Profile load_profile(const os::Environment& environment, std::string_view name = "");

}  // namespace lifeboat::cloud
