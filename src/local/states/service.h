// AWS Step Functions: state machines and their executions, run by src/flow.
// Source: AWS Step Functions API reference; States Language specification.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {
struct Site;
}

namespace lifeboat::local::states {

// `site` must outlive the service.
std::unique_ptr<Service> make_states_service(Site& site);

}  // namespace lifeboat::local::states
