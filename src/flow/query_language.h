// Fields of a state written in JSONata: text between "{%" and "%}" is an expression, everything
// else is itself. The words of the errors are Step Functions'
// (docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flow/scope.h"
#include "flow/value.h"

namespace lifeboat::flow {

// What $states holds beside context; null where a field of that kind cannot see it.
struct JsonataScope {
    Scope scope;  // input is $states.input
    Value result;
    Value error_output;
    Time now;
};

// "{% ... %}", blanks around it not allowed.
bool is_jsonata(std::string_view text);

// Compiles every expression within `value`; throws Error{InvalidInput, "InvalidJsonata"} whose
// message ends in ", at " and the place, which begins with `where`.
void check_jsonata(const Json& value, const std::string& where);

// The value with its expressions evaluated. `field` names it in errors: "Output/result". Throws
// Error{InvalidInput, "States.QueryEvaluationError"} with the member "location".
Json evaluate_jsonata(const Json& value, const std::string& field, const JsonataScope& scope);

// The same where one type is wanted.
bool evaluate_condition(const Json& value, const std::string& field, const JsonataScope& scope);
std::string evaluate_text(const Json& value, const std::string& field, const JsonataScope& scope);
std::int64_t evaluate_integer(const Json& value, const std::string& field, std::int64_t least,
                              const JsonataScope& scope);

}  // namespace lifeboat::flow
