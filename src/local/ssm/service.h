// AWS Systems Manager Parameter Store. Source: Systems Manager API reference and user guide,
// "AWS Systems Manager Parameter Store".
//
// What the local cloud cannot give is refused: KMS keys but the default alias/aws/ssm (which stands
// for a key file in the data directory), parameter policies, data types other than text.
// Setting ssm.parameter_quota: parameters in all (default 10,000, as on AWS; 0: none).
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_ssm_service(Site& site);

}  // namespace lifeboat::local
