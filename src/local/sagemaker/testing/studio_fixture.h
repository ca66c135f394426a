// A local cloud with what most tests of Studio need: a domain, short ways to make users and spaces.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/json_fwd.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::testing {

class StudioTest : public LocalCloudTest {
  protected:
    static Settings settings_of(std::map<std::string, std::string, std::less<>> values);

    Json create_domain(const Json& more);
    std::string make_domain();  // returns the id
    Json create_user(const std::string& domain, const std::string& name);
    Json create_space(const std::string& domain, const std::string& name);
    Json describe_domain(const std::string& domain);
    Json describe_user(const std::string& domain, const std::string& name);
    Json describe_space(const std::string& domain, const std::string& name);
    void delete_user(const std::string& domain, const std::string& name);
    Json app_key(const std::string& domain, const std::string& user);

    std::filesystem::path efs() const { return directory.path() / "data" / "efs"; }
    // The home of a user, by what Describe answers.
    std::filesystem::path home_of(const std::string& domain, const std::string& user);
};

}  // namespace lifeboat::local::testing
