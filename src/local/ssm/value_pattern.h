// AllowedPattern: a regular expression that values of a parameter must match somewhere ("^" and "$"
// tie it to the ends).
//
// Patterns come from callers, so they are matched in polynomial time, and those that would need too
// large an automaton are refused, as are back references.
#pragma once

#include <string>

namespace lifeboat::local::ssm {

// Throws Error InvalidAllowedPatternException for a pattern that is none, and
// ParameterPatternMismatchException for a value that does not match.
void check_value_pattern(const std::string& pattern, const std::string& value);

}  // namespace lifeboat::local::ssm
