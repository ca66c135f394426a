// All services of the local cloud.
#pragma once

#include <memory>
#include <vector>

#include "local/service.h"

namespace lifeboat::local {

class EventSink;
struct Site;

struct Services {
    std::vector<std::unique_ptr<Service>> all;
    // The event bus among them; null when there is none.
    EventSink* events = nullptr;
};

Services make_services(Site& site);

}  // namespace lifeboat::local
