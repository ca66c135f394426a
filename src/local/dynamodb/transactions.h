// TransactWriteItems, TransactGetItems and the batches.
// Source: DynamoDB API reference; Developer Guide, "DynamoDB transactions: how it works".
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/dynamodb/engine.h"

namespace lifeboat::local::dynamodb {

std::vector<std::string> transactions_schema();

// All changes or none. A ClientRequestToken makes a repetition within ten minutes harmless.
Json transact_write(Transaction& tx, Engine& engine, const Json& request);
Json transact_get(Transaction& tx, Engine& engine, const Json& request);
// Here a batch is one transaction, so that nothing stays unprocessed.
Json batch_write(Transaction& tx, Engine& engine, const Json& request);
// What does not fit into 16 MB comes back as UnprocessedKeys.
Json batch_get(Transaction& tx, Engine& engine, const Json& request);

void forget_request_tokens(Transaction& tx, Time now);

}  // namespace lifeboat::local::dynamodb
