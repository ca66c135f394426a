// The world that the operations of the sagemaker service share.
//
// Settings: sagemaker.pending_seconds and .deleting_seconds (how long Pending, Updating and
// Deleting last, default 0: at once), .app_retention_seconds (how long a deleted app is listed,
// default a day), .home_directory_delay_seconds (when a home is made after its owner is InService,
// unless an app starts earlier; default 0), .domain_quota, .user_profile_quota and .space_quota
// (the latter two per domain; default 0: none).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "local/ec2_network.h"
#include "local/efs_registry.h"

namespace lifeboat::local {
struct Site;
}

namespace lifeboat::local::sagemaker {

struct Studio {
    explicit Studio(Site& site);

    Site& site;
    EfsRegistry efs;
    Ec2Network network;
    Duration pending;
    Duration deleting;
    Duration app_retention;
    Duration home_delay;
    std::int64_t domain_quota;
    std::int64_t user_profile_quota;
    std::int64_t space_quota;

    Time now() const;
    // "domain", "d-..." -> "arn:aws:sagemaker:us-east-1:000000000000:domain/d-...".
    std::string arn(std::string_view kind, std::string_view path) const;
};

}  // namespace lifeboat::local::sagemaker
