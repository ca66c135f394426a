#include "cloud/endpoints.h"

#include "base/encoding.h"

namespace lifeboat::aws {
namespace {

struct Partition {
    std::string_view name;
    std::string_view region_prefix;
    std::string_view suffix;
    std::string_view dual_stack_suffix;
    std::string_view iam_host;  // without suffix
    std::string_view iam_region;
};

constexpr Partition kPartitions[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "iam.cn-north-1",
     "cn-north-1"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "iam.us-gov", "us-gov-west-1"},
    {"aws", "", "amazonaws.com", "api.aws", "iam", "us-east-1"},
};

const Partition& partition(std::string_view region) {
    const Partition* found = kPartitions;
    while (!region.starts_with(found->region_prefix))
        ++found;
    return *found;
}

// "DynamoDB Streams" -> "DYNAMODB_STREAMS"
std::string variable_suffix(std::string service_id) {
    for (char& c : service_id) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == ' ' || c == '-') c = '_';
    }
    return service_id;
}

std::string host_of(const cloud::ServiceModel& service, const std::string& region, bool fips,
                    bool dual_stack) {
    const Partition& where = partition(region);
    if (service.name() == "iam") {
        const bool own = fips && where.name == "aws";  // elsewhere it has no second host
        if (dual_stack && where.name == "aws")
            return (own ? "iam-fips.aws-global." : "iam.global.") +
                   std::string(where.dual_stack_suffix);
        return std::string(where.iam_host) + (own ? "-fips." : ".") + std::string(where.suffix);
    }
    if (service.name() == "s3")
        return (fips ? "s3-fips." : "s3.") + std::string(dual_stack ? "dualstack." : "") + region +
               "." + std::string(where.suffix);
    // DataZone has the dual-stack hosts alone.
    if (service.name() == "datazone") dual_stack = true;
    if (fips && !dual_stack && where.name == "aws-us-gov" && service.gov_is_fips()) fips = false;
    const std::string prefix = !fips         ? service.endpoint_prefix()
                               : !dual_stack ? service.fips_endpoint_prefix()
                                             : service.endpoint_prefix() + "-fips";
    return prefix + "." + region + "." +
           std::string(dual_stack ? where.dual_stack_suffix : where.suffix);
}

}  // namespace

std::string_view partition_of(std::string_view region) {
    return partition(region).name;
}

std::string signing_region(const cloud::ServiceModel& service, const std::string& region) {
    return service.name() == "iam" ? std::string(partition(region).iam_region) : region;
}

Endpoints Endpoints::from(const os::Environment& environment, const cloud::Profile& profile) {
    const auto is_set = [&](std::string_view variable, std::string_view setting) {
        return lower_case(os::get(environment, variable).value_or(profile.get(setting))) == "true";
    };
    Endpoints endpoints;
    endpoints.fips = is_set("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    endpoints.dual_stack = is_set("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    if (is_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
        return endpoints;
    const auto every = os::get(environment, "AWS_ENDPOINT_URL");
    endpoints.every = every.value_or(profile.get("endpoint_url"));
    if (!every)
        for (const auto& [key, url] : profile.services)
            if (const auto dot = key.rfind(".endpoint_url"); dot != std::string::npos)
                endpoints.by_id[variable_suffix(key.substr(0, dot))] = url;
    constexpr std::string_view kVariable = "AWS_ENDPOINT_URL_";
    for (auto it = environment.lower_bound(kVariable);
         it != environment.end() && it->first.starts_with(kVariable); ++it)
        if (!it->second.empty()) endpoints.by_id[it->first.substr(kVariable.size())] = it->second;
    return endpoints;
}

std::string Endpoints::given(const cloud::ServiceModel& service_model) const {
    if (const auto it = service.find(service_model.name()); it != service.end()) return it->second;
    if (const auto it = by_id.find(variable_suffix(service_model.service_id())); it != by_id.end())
        return it->second;
    return every;
}

cloud::Url Endpoints::of(const cloud::ServiceModel& service_model,
                         const std::string& region) const {
    const std::string url = given(service_model);
    return cloud::parse_url(
        url.empty() ? "https://" + host_of(service_model, region, fips, dual_stack) : url);
}

bool Endpoints::is_given(const cloud::ServiceModel& service_model) const {
    return !given(service_model).empty();
}

}  // namespace lifeboat::aws
