#include "cli/aws_client.h"

#include <utility>

#include "base/error.h"
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

// What is on the command line outranks everything; what is in the environment has its own rank.
std::string unless_variable(const std::string& value, const os::Environment& variables,
                            std::string_view variable) {
    return os::get(variables, variable) == value ? std::string() : value;
}

std::string profile_name(const Globals& globals, const os::Environment& variables) {
    return unless_variable(globals.profile, variables, "AWS_PROFILE");
}

bool wants_chunks(const os::Environment& variables) {
    const std::string how = os::get(variables, "LIFEBOAT_S3_PAYLOAD_SIGNING").value_or("whole");
    if (how != "whole" && how != "chunked")
        throw Error(ErrorCategory::InvalidInput, "InvalidPayloadSigning",
                    "LIFEBOAT_S3_PAYLOAD_SIGNING is 'whole' or 'chunked', not '" + how + "'");
    return how == "chunked";
}

}  // namespace

std::string named_region(const Globals& globals) {
    if (!globals.region.empty()) return globals.region;
    const os::Environment variables = os::environment();
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (const auto region = os::get(variables, name); region && !region->empty())
            return *region;
    return cloud::load_profile(variables, globals.profile).get("region");
}

aws::Endpoints aws_endpoints(const Globals& globals,
                             const std::map<std::string, std::string>& services) {
    const os::Environment variables = os::environment();
    aws::Endpoints endpoints;
    endpoints.every = unless_variable(globals.endpoint_url, variables, "AWS_ENDPOINT_URL");
    if (endpoints.every.empty())
        endpoints = aws::Endpoints::from(
            variables, cloud::load_profile(variables, profile_name(globals, variables)));
    for (const auto& [service, where] : services)
        if (where != "aws" && where != "local") endpoints.service[service] = where;
    return endpoints;
}

std::unique_ptr<cloud::Cloud> aws_client(const Globals& globals, const Clock& clock, Random& random,
                                         AwsClientOptions given) {
    const os::Environment variables = os::environment();
    const std::string profile_given = profile_name(globals, variables);
    const cloud::Profile profile = cloud::load_profile(variables, profile_given);
    aws::CloudOptions options;
    options.region = std::move(given.region);
    options.endpoints = aws_endpoints(globals, given.services);
    options.retries = aws::RetryOptions::from(variables, profile);
    if (given.most_tries > 0) options.retries.most_tries = given.most_tries;
    options.signs_uploads_in_chunks = wants_chunks(variables);
    cloud::HttpClientOptions http;
    http.proxies = cloud::Proxies::from(variables);
    http.ca_file = os::get(variables, "AWS_CA_BUNDLE").value_or(profile.get("ca_bundle"));
    return std::make_unique<AwsClient>(std::move(options), std::move(http), profile_given, clock,
                                       random);
}

}  // namespace lifeboat::cli
