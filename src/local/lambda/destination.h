// Where the records of failed (and of successful asynchronous) invocations go.
// Source: Lambda developer guide, "Retaining records of asynchronous invocations", "Retaining
// discarded batches".
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

// Checks a DestinationConfig. Throws Error{InvalidInput, "InvalidParameterValueException"} for what
// is not the ARN of a queue (or, where `functions_too`, of a function).
enum class DestinationKind { Queue, QueueOrFunction };
void check_destinations(const Json& config, DestinationKind allowed);

// The ARN in `config`'s "OnFailure" or "OnSuccess"; empty when there is none.
std::string destination_of(const Json& config, std::string_view when);

// Sends `record`, once per `token`. Where that can never succeed (the queue is gone), the record
// goes to the log instead. Throws Error when trying again may help.
void send_to_destination(Site& site, const std::string& arn, const Json& record,
                         const std::string& token);

}  // namespace lifeboat::local::lambda
