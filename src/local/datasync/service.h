// AWS DataSync on the local cloud. Source: DataSync API reference, version 2018-11-09; README.md
// says what differs.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_datasync_service(Site& site);

}  // namespace lifeboat::local
