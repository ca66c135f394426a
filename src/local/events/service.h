// The `events` service (EventBridge): buses, rules, targets, events.
//
// Deliveries go to lambda, sqs and states; a target of another kind is refused, as are members this
// cloud cannot honour.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

class EventSink;
struct Site;

std::unique_ptr<Service> make_events_service(Site& site);
// The bus of a service made by make_events_service.
EventSink& event_sink_of(Service& events_service);

}  // namespace lifeboat::local
