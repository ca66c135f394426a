// The definitions that belong to the product (definitions/*.json, built into the binary), loaded
// into a cloud through its own API.
//
// They are written as CloudFormation resources ("Type", "Properties", Ref, Fn::GetAtt, Fn::Sub), so
// that a deployment can render them into a template. Offered: DynamoDB tables, SQS queues, SSM
// parameters, state machines and activities, EventBridge rules and schedules, Lambda event source
// mappings and the retries of asynchronous invocations. A state machine's definition lies in a file
// of its own (DefinitionFile).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"

namespace lifeboat::local {

// Creates what is absent and updates what differs; idempotent. What an administrator owns stays as
// it is: values of parameters, the state (enabled or not) of rules, additional targets. Returns
// when all of it can be used; AWS takes some seconds for a table. Throws Error{InvalidInput,
// "DefinitionConflict"} when a table exists with other keys, and Error{Unavailable,
// "TableNotReady"} when one is not to be had in a minute.
void load_definitions(cloud::Cloud& cloud, const cloud::Place& place, const Clock& clock);

// The same for other files, by name.
void load_definitions(cloud::Cloud& cloud, const cloud::Place& place, const Clock& clock,
                      const std::map<std::string, std::string_view>& files);

}  // namespace lifeboat::local
