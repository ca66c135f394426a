// What an operator watches: how many profiles are in which state of recovery, and how many failures
// wait in the dead-letter queue for somebody to look.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "cloud/cloud.h"

namespace lifeboat::recovery {

struct Health {
    // Rows of the registry by replication_status ("NONE" where a row has none yet). Every status of
    // row.h is there, with 0 too, so that an alarm can be set before the first failure.
    std::map<std::string, std::int64_t> rows;
    // Messages in the dead-letter queue, those in somebody's hands included.
    std::int64_t dead_letters = 0;
};

// Reads the whole registry, one attribute a row. Blocks. Throws what the cloud throws;
// Error{NotFound} where recovery's definitions are not loaded.
Health read_health(cloud::Cloud& cloud);

}  // namespace lifeboat::recovery
