// The members of an event source mapping that say how it works, as given, checked and with
// defaults.
#pragma once

#include "base/json_fwd.h"
#include "local/lambda/mappings.h"

namespace lifeboat::local::lambda {

// Throws Error{InvalidInput, "InvalidParameterValueException"} when `source` is neither the ARN of
// a DynamoDB stream nor of a queue.
SourceKind source_kind(const std::string& source);

// The setting members of a create or update request over `base` (those in force, or an empty
// object), with all defaults filled in: what is stored and shown. Throws Error{InvalidInput,
// "InvalidParameterValueException"} for a member that does not fit the kind of source, or that is
// not offered here.
Json merged_settings(SourceKind kind, const Json& request, const Json& base);

MappingSettings read_settings(const Json& merged);

}  // namespace lifeboat::local::lambda
