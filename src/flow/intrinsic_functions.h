// What each intrinsic function does with its arguments' values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "flow/value.h"

namespace lifeboat::flow {

struct IntrinsicFunction {
    std::size_t fewest_arguments = 0;
    std::size_t most_arguments = 0;
    // Throws Error{InvalidInput, "States.IntrinsicFailure"}, the message without the function's
    // name.
    Json (*run)(const std::vector<Json>& arguments, Random& random) = nullptr;
};

// nullptr when there is none of that name ("States.Array").
const IntrinsicFunction* find_intrinsic(std::string_view name);

// Replaces each {} of the template by the next argument; \{ \} \' \\ stand for themselves.
std::string format_intrinsic(std::string_view format, const std::vector<Json>& arguments);

}  // namespace lifeboat::flow
