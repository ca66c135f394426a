// Projections: the parts of an item a caller wants to see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/dynamodb/path.h"

namespace lifeboat::local::dynamodb {

class Projection {
  public:
    Projection() = default;
    // Of paths that do not overlap.
    explicit Projection(std::vector<Path> paths) : paths_(std::move(paths)) {}
    // `expression` is a ProjectionExpression. Throws Error{InvalidInput, "ValidationException"}.
    static Projection parse(std::string_view expression, Placeholders& placeholders);

    // What lies at the paths, inside the maps and lists that lead there. Elements of a list keep
    // their order and close up.
    Item of(const Item& item) const;
    const std::vector<Path>& paths() const { return paths_; }

  private:
    std::vector<Path> paths_;
};

}  // namespace lifeboat::local::dynamodb
