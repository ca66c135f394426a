// The functions of recovery, by the names definitions/ gives them.
//
//   event-processor    EventBridge: something was created or deleted in Studio
//   change-processor   DynamoDB stream of the registry: starts recoveries
//   seed-registry      registers all that exists
//   reconcile          schedule: finds what events missed and what never ended
//   record-snapshot    step of the state machine `snapshot` (definitions/snapshot.asl.json)
//   prepare-recovery, check-target, choose-source, finish-copy, clean-up, record-result
//                      steps of the state machine `recovery` (definitions/recovery.asl.json)
#pragma once

#include <map>
#include <string>

#include "base/json_fwd.h"
#include "cloud/function.h"

namespace lifeboat::recovery {

// The environment of each function is the local cloud's, with `settings` (environment.h) in place
// of what they name; docs/recovery.md says what to set on AWS.
cloud::Functions recovery_functions(const std::map<std::string, std::string>& settings = {});

Json process_event(const Json& event, cloud::FunctionContext& context);
Json process_changes(const Json& event, cloud::FunctionContext& context);
Json seed_registry(const Json& event, cloud::FunctionContext& context);
Json reconcile(const Json& event, cloud::FunctionContext& context);
Json prepare_recovery(const Json& event, cloud::FunctionContext& context);
Json check_target(const Json& event, cloud::FunctionContext& context);
Json choose_source(const Json& event, cloud::FunctionContext& context);
// What choose_source decides, without noting it anywhere.
Json plan_copies(const Json& event, cloud::FunctionContext& context);
Json finish_copy(const Json& event, cloud::FunctionContext& context);
Json clean_up(const Json& event, cloud::FunctionContext& context);
Json record_result(const Json& event, cloud::FunctionContext& context);
Json record_snapshot(const Json& event, cloud::FunctionContext& context);

}  // namespace lifeboat::recovery
