#include "cli/vault_s3.h"

#include <utility>

#include "cli/aws_client.h"
#include "os/environment.h"

namespace lifeboat::cli {
namespace {

// A backup that runs for hours outlasts a service's bad minute.
constexpr int kMostTries = 6;

std::string region_of(const vault::S3Location& location, const Globals& globals) {
    if (!location.region.empty()) return location.region;
    const std::string region = named_region(globals);
    return region.empty() ? "us-east-1" : region;
}

}  // namespace

std::unique_ptr<vault::S3Store> s3_store(const vault::S3Location& location, World& world) {
    AwsClientOptions client{
        .region = region_of(location, world.globals()), .services = {}, .most_tries = kMostTries};
    if (!location.endpoint.empty()) client.services["s3"] = location.endpoint;
    vault::S3StoreOptions store;
    store.storage_class = os::get(os::environment(), "LIFEBOAT_S3_STORAGE_CLASS").value_or("");
    return std::make_unique<vault::S3Store>(
        location.bucket, location.prefix,
        aws_client(world.globals(), world.clock(), world.random(), std::move(client)),
        std::move(store));
}

}  // namespace lifeboat::cli
