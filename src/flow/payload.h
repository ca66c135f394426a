// The limits of data that goes from state to state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"

namespace lifeboat::flow {

inline constexpr std::size_t kLongestPayload = 262'144;  // bytes of an input or output
// Arrays and objects within each other. A record of the history holds such data within its own
// braces, and must be readable again (kMaxJsonDepth).
inline constexpr int kDeepestPayload = 240;

// Bytes of all that the branches and iterations of one execution hold at a time, and of all
// variables that a state can see. AWS has the second limit (10 MiB, of an execution), not the
// first.
inline constexpr std::size_t kMostHeld = 128 * kLongestPayload;
inline constexpr std::size_t kMostVariables = 40 * kLongestPayload;
// Bytes of the items of one map run, and of the inputs of its children; AWS has no such limit.
inline constexpr std::size_t kMostMapData = kMostHeld;

// Throws Error{InvalidInput} unless the text, which is `what` ("the input"), is JSON and not nested
// deeper than that.
void check_data(std::string_view text, std::string_view what);

// "States.DataLimitExceeded" for data that `whose` hands on.
Error payload_too_long(const std::string& whose);

// The text of data that `whose` hands on ("The state/task 'A' returned a result"). Throws
// Error{InvalidInput}: "States.DataLimitExceeded" when it is too long, "States.Runtime" when it is
// too deep.
std::string payload_text(const Json& value, const std::string& whose);

// Adds up the items, or the inputs, of one map run.
class MapData {
  public:
    // One more, by its text. Whether they are still no more than kMostMapData.
    bool add(const Json& value);

  private:
    std::size_t bytes_ = 0;
};

}  // namespace lifeboat::flow
