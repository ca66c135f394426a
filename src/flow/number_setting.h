// Numbers of a definition: seconds and counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "flow/path.h"

namespace lifeboat::flow {

// Step Functions' bound of seconds and counts.
inline constexpr std::int64_t kMostNumber = 99'999'999;

// A number given in the definition or found by a path when the state runs.
struct NumberSetting {
    std::optional<std::int64_t> literal;
    std::optional<Path> path;
    std::string field;  // "SecondsPath", for messages

    bool present() const { return literal || path; }
};

// What a whole number is to a bound that is not negative; other values must not be asked for it.
bool is_negative(const Json& whole);
bool is_above(const Json& whole, std::int64_t most);

}  // namespace lifeboat::flow
