#include "cli/vault_s3.h"

#include "base/json.h"
#include "cloud/aws_cloud.h"
#include "cloud/default_credentials.h"
#include "cloud/http_client.h"
#include "os/environment.h"

namespace lifeboat::cli {
namespace {

// What is in the environment has a rank of its own, below keys there.
std::string profile_of(const World& world) {
    const std::string& given = world.globals().profile;
    return os::get(os::environment(), "AWS_PROFILE") == given ? "" : given;
}

// A cloud together with what it works with.
class OwningCloud final : public cloud::Cloud {
  public:
    OwningCloud(aws::CloudOptions options, cloud::HttpClientOptions http, World& world)
        : http_(std::move(http), world.clock()),
          metadata_(cloud::metadata_http_options(os::environment()), world.clock()),
          credentials_world_{os::environment(), world.clock(), world.random(), http_, metadata_},
          credentials_(
              cloud::default_credentials(credentials_world_, profile_of(world), options.region)),
          aws_(std::move(options), *credentials_, http_, world.clock(), world.random()) {}

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

std::string region_of(const vault::S3Location& location, World& world) {
    const os::Environment variables = os::environment();
    if (!location.region.empty()) return location.region;
    if (!world.globals().region.empty()) return world.globals().region;
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (const auto region = os::get(variables, name); region && !region->empty())
            return *region;
    const std::string region =
        cloud::load_profile(variables, world.globals().profile).get("region");
    return region.empty() ? "us-east-1" : region;
}

}  // namespace

std::unique_ptr<vault::S3Store> s3_store(const vault::S3Location& location, World& world) {
    const os::Environment variables = os::environment();
    aws::CloudOptions options;
    options.region = region_of(location, world);
    if (!location.endpoint.empty()) options.endpoints.service["s3"] = location.endpoint;
    options.retries.most_tries = 6;
    cloud::HttpClientOptions http;
    http.ca_file = os::get(variables, "AWS_CA_BUNDLE").value_or("");
    vault::S3StoreOptions store;
    store.storage_class = os::get(variables, "LIFEBOAT_S3_STORAGE_CLASS").value_or("");
    return std::make_unique<vault::S3Store>(
        location.bucket, location.prefix,
        std::make_shared<OwningCloud>(std::move(options), std::move(http), world),
        std::move(store));
}

}  // namespace lifeboat::cli
