// PutEvents: judges each entry by itself, makes events of the good ones.
#pragma once

#include "base/json_fwd.h"
#include "local/events/bus.h"
#include "local/site.h"

namespace lifeboat::local::events {

// The response members. Throws Error{InvalidInput, "ValidationException"} when the entries together
// are too large. An event for a bus that does not exist is taken and goes nowhere, as on AWS.
Json put_events(Transaction& tx, const Json& request, EventBus& bus, Site& site);

}  // namespace lifeboat::local::events
