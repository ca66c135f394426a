#include "local/elsewhere.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local {
namespace {

// A service that is here needs the other one here, too.
struct Bond {
    std::string_view service;
    std::string_view needed;
    std::string_view why;
};

// Each waits for the next, with a worker of its endpoint.
constexpr int kMostForwards = 3;

constexpr Bond kBonds[] = {
    {"sagemaker", "efs", "a domain and its file system are made together"},
    {"sagemaker", "ec2", "a domain and its network interfaces are made together"},
    {"sagemaker", "events", "what happens in Studio is an event of this cloud"},
    {"efs", "ec2", "mount targets are network interfaces"},
    {"dynamodb", "dynamodbstreams", "streams are parts of their tables"},
    {"dynamodbstreams", "dynamodb", "streams are parts of their tables"},
};

}  // namespace

Elsewhere::Elsewhere(Clouds clouds) : clouds_(std::move(clouds)) {
    for (const Bond& bond : kBonds)
        if (find(bond.service) == nullptr && find(bond.needed) != nullptr)
            throw Error(ErrorCategory::InvalidInput, "ServicesBelongTogether",
                        "the service '" + std::string(bond.needed) +
                            "' cannot be elsewhere while '" + std::string(bond.service) +
                            "' is here: " + std::string(bond.why));
}

cloud::Cloud* Elsewhere::find(std::string_view service) const {
    const auto it = clouds_.find(service);
    return it == clouds_.end() ? nullptr : it->second;
}

Json Elsewhere::hand_on(cloud::Cloud& other, std::string_view service, std::string_view operation,
                        const Json& request, const cloud::CallOptions& options) {
    if (options.forwards >= kMostForwards)
        throw Error(ErrorCategory::InvalidInput, "ServiceLeadsBack",
                    "a call of the service '" + std::string(service) + "' was handed on " +
                        std::to_string(options.forwards) +
                        " times and comes back: look at [services] in lifeboat.toml, one of the "
                        "servers named there must play it itself");
    cloud::CallOptions further = options;
    ++further.forwards;
    return other.call(service, operation, request, further);
}

}  // namespace lifeboat::local
