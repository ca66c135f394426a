// Amazon DynamoDB and DynamoDB Streams on the local cloud.
//
// Where to look: value.h, number.h (attribute values), condition.h, update.h, projection.h,
// key_condition.h (expressions), table.h and tables.h (the catalogue), items.h and key_bytes.h
// (rows), writes.h, reads.h, transactions.h (operations on items), table_operations.h,
// stream_log.h and streams.h (streams), background.h (jobs).
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_dynamodb_service(Site& site);
// Reads what the service "dynamodb" writes; add both, this one second.
std::unique_ptr<Service> make_dynamodb_streams_service(Site& site);

}  // namespace lifeboat::local
