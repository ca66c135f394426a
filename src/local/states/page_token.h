// Page tokens of the states service: the number after which the next page begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json_fwd.h"

namespace lifeboat::local::states {

std::string page_token(std::int64_t after);
// nullopt without a token. Throws Error{InvalidInput, "InvalidToken"}.
std::optional<std::int64_t> page_start(const Json& request);
// maxResults; 0 and none stand for 100.
std::int64_t page_size(const Json& request);

}  // namespace lifeboat::local::states
