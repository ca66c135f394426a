#include "local/sagemaker/testing/studio_fixture.h"

#include "base/json.h"

namespace lifeboat::local::testing {

Settings StudioTest::settings_of(std::map<std::string, std::string, std::less<>> values) {
    return Settings(std::move(values));
}

Json StudioTest::create_domain(const Json& more) {
    Json request = {
        {"DomainName", "team"},
        {"AuthMode", "IAM"},
        {"DefaultUserSettings", {{"ExecutionRole", "arn:aws:iam::000000000000:role/studio-role"}}}};
    request.update(more);
    return ok("sagemaker", "CreateDomain", request);
}

std::string StudioTest::make_domain() {
    return create_domain(Json::object())["DomainId"];
}

Json StudioTest::create_user(const std::string& domain, const std::string& name) {
    return ok("sagemaker", "CreateUserProfile", {{"DomainId", domain}, {"UserProfileName", name}});
}

Json StudioTest::create_space(const std::string& domain, const std::string& name) {
    return ok("sagemaker", "CreateSpace", {{"DomainId", domain}, {"SpaceName", name}});
}

Json StudioTest::describe_domain(const std::string& domain) {
    return ok("sagemaker", "DescribeDomain", {{"DomainId", domain}});
}

Json StudioTest::describe_user(const std::string& domain, const std::string& name) {
    return ok("sagemaker", "DescribeUserProfile",
              {{"DomainId", domain}, {"UserProfileName", name}});
}

Json StudioTest::describe_space(const std::string& domain, const std::string& name) {
    return ok("sagemaker", "DescribeSpace", {{"DomainId", domain}, {"SpaceName", name}});
}

void StudioTest::delete_user(const std::string& domain, const std::string& name) {
    ok("sagemaker", "DeleteUserProfile", {{"DomainId", domain}, {"UserProfileName", name}});
}

Json StudioTest::app_key(const std::string& domain, const std::string& user) {
    return {{"DomainId", domain},
            {"UserProfileName", user},
            {"AppType", "JupyterServer"},
            {"AppName", "default"}};
}

std::filesystem::path StudioTest::home_of(const std::string& domain, const std::string& user) {
    return efs() / describe_domain(domain)["HomeEfsFileSystemId"].get<std::string>() /
           describe_user(domain, user)["HomeEfsFileSystemUid"].get<std::string>();
}

}  // namespace lifeboat::local::testing
