// JSONata's errors: `Error` whose code is JSONata's own (T1006, D3030) and whose member "position"
// is the offset, in bytes, of the place in the expression.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"

namespace lifeboat::flow::jsonata {

// Without a position: the call that failed adds its own (`placed`).
[[noreturn]] void fail(const char* code, const std::string& message);
[[noreturn]] void fail_at(std::size_t position, const char* code, const std::string& message);

// The same error with a position, unless it has one.
Error placed(const Error& error, std::size_t position);

// Codes of our own, where JSONata has none: the expression needs more than it may have.
inline constexpr const char* kTooDeep = "U1001";
inline constexpr const char* kTooMuch = "U1002";

}  // namespace lifeboat::flow::jsonata
