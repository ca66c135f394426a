// A function that CloudFormation may call as a custom resource: it works when the resource is made
// or changed, and says how that went where CloudFormation waits for it.
//
// Source: CloudFormation User Guide, "Custom resource request and response reference".
#pragma once

#include "cloud/function.h"
#include "cloud/http_client.h"

namespace lifeboat::cloud {

// The same function; an event that is CloudFormation's is answered to its ResponseURL as well,
// whatever happens. `transport` outlives it.
Function with_custom_resource(Function function, HttpTransport& transport);

}  // namespace lifeboat::cloud
