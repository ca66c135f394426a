// Pages of items: what Query and Scan do alike, and the projections all readers share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "local/dynamodb/capacity.h"
#include "local/dynamodb/condition.h"
#include "local/dynamodb/items.h"
#include "local/dynamodb/projection.h"
#include "local/dynamodb/tables.h"

namespace lifeboat::local::dynamodb {

inline constexpr std::size_t kMaxPageSize = 1024 * 1024;

// The projection a request asks for by ProjectionExpression or AttributesToGet, if any.
std::optional<Projection> projection_of(const Json& request, Placeholders& placeholders);

// Handlers of the operations. Throw Error as the API does.
Json query(Transaction& tx, Tables& tables, const Items& items, const Json& request);
Json scan(Transaction& tx, Tables& tables, const Items& items, const Json& request);

}  // namespace lifeboat::local::dynamodb
