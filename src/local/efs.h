// Amazon Elastic File System: file systems, mount targets, access points, tags. A file system is
// the directory data/efs/<id>/. Source: Amazon EFS API reference.
//
// What the local cloud cannot give is refused: encryption at rest by EFS itself, automatic backups,
// IPv6. Throughput and performance modes are kept, and have no effect on a local disk.
// Setting efs.measure_seconds: how often SizeInBytes is brought up to date (default an hour, as on
// AWS).
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_efs_service(Site& site);

}  // namespace lifeboat::local
