// Reads the definitions in CreateTable and UpdateTable requests and refuses what DynamoDB refuses.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/dynamodb/table.h"

namespace lifeboat::local::dynamodb {

// A new table; ids, ARN, uuid, time and stream are still to be filled in. Throws
// Error{InvalidInput, "ValidationException"}.
Table table_from_request(const Json& request);

// AttributeDefinitions.
std::vector<KeyAttribute> attributes_from_request(const Json& definitions);
// An entry of GlobalSecondaryIndexes, or of UpdateTable's Create.
Index global_index_from_request(const Json& json, const std::vector<KeyAttribute>& attributes,
                                bool is_provisioned);
// Puts billing and throughput into the table: BillingMode, ProvisionedThroughput.
void set_billing(Table& table, const Json& request);
// Every definition must be a key of the table or an index.
void check_attributes_used(const Table& table);
void check_index_names(const Table& table);
// "NEW_IMAGE"; empty when the specification says there shall be no stream.
std::string view_type_from_request(const Json& specification);
// Refuses members that ask for what is not offered here, naming them.
void refuse_unoffered(const Json& request);
void check_table_name(const std::string& name);

}  // namespace lifeboat::local::dynamodb
