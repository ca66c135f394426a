// The words that may not stand for an attribute in an expression without a #placeholder.
// Source: DynamoDB Developer Guide, "Reserved words in DynamoDB" (573 words).
#pragma once

#include <string_view>

namespace lifeboat::local::dynamodb {

// Compares without case.
bool is_reserved_word(std::string_view name);

}  // namespace lifeboat::local::dynamodb
