// The tables of built-in functions, one for each subject. Signatures are those of JSONata's
// reference (docs.jsonata.org), so the functions may rely on their arguments' types.
#pragma once

#include <span>

#include "flow/jsonata/evaluator.h"

namespace lifeboat::flow::jsonata {

std::span<const Builtin> string_functions();
std::span<const Builtin> encoding_functions();
std::span<const Builtin> number_functions();
std::span<const Builtin> array_functions();
std::span<const Builtin> object_functions();
std::span<const Builtin> higher_order_functions();
std::span<const Builtin> date_functions();
std::span<const Builtin> states_functions();  // Step Functions' own

// The argument, undefined when it was not given.
inline Item argument(const Items& arguments, std::size_t index) {
    return index < arguments.size() ? arguments[index] : Item();
}

}  // namespace lifeboat::flow::jsonata
