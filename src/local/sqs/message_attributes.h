// Message attributes: what may be one, how large they are, their MD5.
//
// Source: SQS developer guide, "Amazon SQS message metadata" (with the calculation of the digest).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::local::sqs {

// `attributes` is the member MessageAttributes: name to {DataType, StringValue | BinaryValue}.
// Throws Error{InvalidInput, "InvalidParameterValue"}.
void check_message_attributes(const Json& attributes);
// Only AWSTraceHeader, a text.
void check_system_attributes(const Json& attributes);

// Bytes of names, types and values.
std::size_t size_of_attributes(const Json& attributes);

// Lower-case hexadecimal; empty for no attributes.
std::string md5_of_attributes(const Json& attributes);

// Those that `names` asks for: "All" or ".*" means all, "prefix.*" those that begin so.
Json select_attributes(const Json& attributes, const std::vector<std::string>& names);

// Characters that XML knows, as SQS demands; throws InvalidMessageContents.
void check_message_body(std::string_view body);

}  // namespace lifeboat::local::sqs
