// Amazon SageMaker as far as Studio is concerned: domains, user profiles, spaces, apps, tags.
// Source: SageMaker API reference; README.md says where to look.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_sagemaker_service(Site& site);

}  // namespace lifeboat::local
