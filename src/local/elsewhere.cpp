#include "local/elsewhere.h"

#include <utility>

#include "base/error.h"

namespace lifeboat::local {
namespace {

// A service that is here needs the other one here, too.
struct Bond {
    std::string_view service;
    std::string_view needed;
    std::string_view why;
};

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

}  // namespace lifeboat::local
