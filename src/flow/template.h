// Payload templates (Parameters, ResultSelector, ItemSelector, Assign): JSON in which a member
// whose name ends in ".$" holds an expression, a path or an intrinsic call, and the result goes to
// the name without the ending.
#pragma once

#include <string>
#include <string_view>

#include "flow/scope.h"
#include "flow/value.h"

namespace lifeboat::flow {

// Evaluates one expression, "$.a" or "States.Format(...)". `field` is named in the error:
// "The JSONPath '$.a' specified for the field 'field' could not be found in the input '...'".
Json evaluate_expression(std::string_view expression, std::string_view field, const Scope& scope);

Json evaluate_template(const Json& payload, const Scope& scope);

// Throws Error{InvalidInput, "InvalidPath" or "InvalidIntrinsic"}.
void check_expression(std::string_view expression);
// The same for every expression in a template; also refuses ".$" members that are no string.
// Returns nothing useful but the absence of an error; `where` grows to the member's place for the
// message.
void check_template(const Json& payload, const std::string& where);

}  // namespace lifeboat::flow
