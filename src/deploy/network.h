// What copies between file systems need of a VPC.
#pragma once

#include "base/json_fwd.h"

namespace lifeboat::deploy {

// Parameters VpcId and SubnetId; the security group of DataSync's interfaces; the SSM parameters by
// which functions find them.
void add_network(Json& parameters, Json& resources);

}  // namespace lifeboat::deploy
