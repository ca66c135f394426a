// Where services are.
//
// An address somebody gave comes first, the most specific one: AWS_ENDPOINT_URL_<SERVICE>, then
// AWS_ENDPOINT_URL, then the profile's `services` section, then its endpoint_url. Else it is AWS's
// own host for the service and Region, of the Region's partition (aws, aws-cn, aws-us-gov), with
// FIPS-validated cryptography or for IPv6 too where that is asked for.
//
// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints" and "Dual-stack and FIPS
// endpoints".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cloud/model.h"
#include "cloud/shared_config.h"
#include "cloud/url.h"
#include "os/environment.h"

namespace lifeboat::aws {

struct Endpoints {
    std::string every;                                        // of all services; empty: AWS's own
    std::map<std::string, std::string, std::less<>> service;  // by the model's name
    // By the service's id as variables spell it ("DYNAMODB_STREAMS"), after those by name.
    std::map<std::string, std::string, std::less<>> by_id;
    bool fips = false;        // AWS_USE_FIPS_ENDPOINT
    bool dual_stack = false;  // AWS_USE_DUALSTACK_ENDPOINT

    // What the environment and the profile say.
    static Endpoints from(const os::Environment& environment, const cloud::Profile& profile);
    cloud::Url of(const cloud::ServiceModel& service_model, const std::string& region) const;
    // Whether that is an address somebody gave, and not AWS's own.
    bool is_given(const cloud::ServiceModel& service_model) const;

  private:
    std::string given(const cloud::ServiceModel& service_model) const;
};

// "aws", "aws-cn" or "aws-us-gov".
std::string_view partition_of(std::string_view region);

// The Region a signature names: the service's own where it is global (iam).
std::string signing_region(const cloud::ServiceModel& service_model, const std::string& region);

}  // namespace lifeboat::aws
