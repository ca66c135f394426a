#include "cli/aws_client.h"

#include <utility>

#include "base/json.h"
#include "cloud/aws_cloud.h"
#include "cloud/default_credentials.h"
#include "cloud/http_client.h"
#include "cloud/shared_config.h"
#include "os/environment.h"

namespace lifeboat::cli {
namespace {

class AwsClient final : public cloud::Cloud {
  public:
    AwsClient(aws::CloudOptions options, cloud::HttpClientOptions http, const std::string& profile,
              const Clock& clock, Random& random)
        : http_(std::move(http), clock),
          metadata_(cloud::metadata_http_options(os::environment()), clock),
          credentials_world_{os::environment(), clock, random, http_, metadata_},
          credentials_(cloud::default_credentials(credentials_world_, profile, options.region)),
          aws_(std::move(options), *credentials_, http_, clock, random) {}

    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override {
        return aws_.call(service, operation, request, options);
    }

  private:
    cloud::HttpClient http_;
    cloud::HttpClient metadata_;
    const cloud::CredentialsWorld credentials_world_;
    const std::unique_ptr<cloud::CredentialsProvider> credentials_;
    aws::Cloud aws_;
};

}  // namespace

std::string named_region(const Globals& globals) {
    if (!globals.region.empty()) return globals.region;
    const os::Environment variables = os::environment();
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (const auto region = os::get(variables, name); region && !region->empty())
            return *region;
    return cloud::load_profile(variables, globals.profile).get("region");
}

std::unique_ptr<cloud::Cloud> aws_client(const Globals& globals, const Clock& clock, Random& random,
                                         AwsClientOptions given) {
    const os::Environment variables = os::environment();
    // What is on the command line outranks everything; what is in the environment has its own rank.
    const auto named = [&](const std::string& value, std::string_view variable) {
        return os::get(variables, variable) == value ? std::string() : value;
    };
    const std::string profile_name = named(globals.profile, "AWS_PROFILE");
    const std::string endpoint_url = named(globals.endpoint_url, "AWS_ENDPOINT_URL");
    const cloud::Profile profile = cloud::load_profile(variables, profile_name);
    aws::CloudOptions options;
    options.region = std::move(given.region);
    if (endpoint_url.empty())
        options.endpoints = aws::Endpoints::from(variables, profile);
    else
        options.endpoints.every = endpoint_url;
    for (auto& [service, url] : given.endpoints)
        options.endpoints.service[service] = url;
    options.retries = aws::RetryOptions::from(variables, profile);
    if (given.most_tries > 0) options.retries.most_tries = given.most_tries;
    cloud::HttpClientOptions http;
    http.proxies = cloud::Proxies::from(variables);
    http.ca_file = os::get(variables, "AWS_CA_BUNDLE").value_or(profile.get("ca_bundle"));
    return std::make_unique<AwsClient>(std::move(options), std::move(http), profile_name, clock,
                                       random);
}

}  // namespace lifeboat::cli
