// Tasks spell every member in Pascal case and timestamps as text; services have their own ways.
// These go through the service's model, so that only members are renamed and never the keys of a
// map.
#pragma once

#include "base/json_fwd.h"
#include "cloud/model.h"

namespace lifeboat::flow {

// "StateMachineArn" -> "stateMachineArn"; objects given for a string member become their JSON text;
// ISO timestamps become seconds; what a request's whole body is (S3's Body) is given as text or
// JSON.
Json to_service_members(const Json& value, const cloud::Shape& shape);
// The reverse for an answer.
Json to_task_members(const Json& value, const cloud::Shape& shape);

}  // namespace lifeboat::flow
