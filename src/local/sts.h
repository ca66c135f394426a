// AWS Security Token Service: who am I. Source: STS API reference, GetCallerIdentity.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_sts_service(Site& site);

}  // namespace lifeboat::local
