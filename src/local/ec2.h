// Amazon EC2 as far as networks are concerned: a default VPC with subnets, security groups and
// their rules. Source: Amazon EC2 API reference.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_ec2_service(Site& site);

}  // namespace lifeboat::local
