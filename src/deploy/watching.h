// What tells an administrator that something is wrong: alarms and a dashboard.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::deploy {

struct Watched {
    std::vector<std::string> functions;  // by name
    std::vector<std::string> queues;     // by logical name
    std::vector<std::string> machines;   // by logical name
};

void add_watching(Json& resources, const Watched& watched);

}  // namespace lifeboat::deploy
