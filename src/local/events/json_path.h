// The paths that targets use: `$`, `$.detail.state`, `$.resources[0]`, `$['a.b']`.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::local::events {

class JsonPath {
  public:
    // Throws Error{InvalidInput, "ValidationException"} naming the path.
    explicit JsonPath(std::string_view text);

    // Null when the value has no such place.
    const Json* find(const Json& value) const;

  private:
    using Step = std::variant<std::string, std::size_t>;
    std::vector<Step> steps_;
};

}  // namespace lifeboat::local::events
