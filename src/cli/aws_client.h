// AWS as its own clients find it: credentials, Region, endpoints, retries, proxies and certificates
// from command line, environment and shared files, in the ranks of the AWS SDKs.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "cli/globals.h"
#include "cloud/cloud.h"
#include "cloud/endpoints.h"

namespace lifeboat::cli {

// The Region of the command line, the environment or the profile; empty: nothing names one.
std::string named_region(const Globals& globals);

// Where AWS's services are for this command line and environment. `services` are those of
// lifeboat.toml: where it names a URL, that comes before what else names one.
aws::Endpoints aws_endpoints(const Globals& globals,
                             const std::map<std::string, std::string>& services);

struct AwsClientOptions {
    std::string region;
    std::map<std::string, std::string> services;  // as of aws_endpoints()
    int most_tries = 0;                           // 0: as settings say
};

// A cloud together with all it works with. What is referred to outlives it. Throws
// Error{InvalidInput} naming a setting that makes no sense. Credentials are looked for at the first
// call.
std::unique_ptr<cloud::Cloud> aws_client(const Globals& globals, const Clock& clock, Random& random,
                                         AwsClientOptions options);

}  // namespace lifeboat::cli
