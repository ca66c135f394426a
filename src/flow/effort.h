// What the expressions of one step of a state may cost together. Definitions and inputs come from
// strangers: a thousand references to a large input, or a filter within a filter, end with an error
// and not with the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/json_fwd.h"

namespace lifeboat::flow {

class Effort {
  public:
    // Values looked at, compared or copied; a step of an honest machine stays far below.
    static constexpr std::size_t kMostValues = 2'000'000;
    // Of JSONata's budget (jsonata/budget.h).
    static constexpr std::int64_t kMostUnits = 10'000'000;

    Effort() = default;
    // As much as so many steps may cost.
    explicit Effort(int steps);
    // A step among those of `whole`, which pays for it too.
    explicit Effort(std::shared_ptr<Effort> whole) : whole_(std::move(whole)) {}

    // Both throw Error{InvalidInput} when nothing is left: "States.Runtime" for what takes too
    // long, "States.DataLimitExceeded" for what grows too large.
    void look(std::size_t values = 1);
    void copy(const Json& value);
    // As look(), at a value and everything in it.
    void look_through(const Json& value);

    // Units of JSONata's budget that are left for the expressions of the step.
    std::int64_t jsonata_units() const;
    // At most as many as are left.
    void spend_jsonata(std::int64_t units);

  private:
    bool spend(std::size_t values);
    bool spend_on(const Json& value);

    std::size_t most_ = kMostValues;
    std::size_t left_ = most_;
    std::int64_t units_ = kMostUnits;
    std::shared_ptr<Effort> whole_;  // null: none
};

}  // namespace lifeboat::flow
