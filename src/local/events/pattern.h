// EventBridge's event patterns, whole.
//
// A pattern is compiled once and matched often. Fields are joined with dots ("detail.state"), so
// that
// {"a": {"b": ["x"]}} also fits an event {"a.b": "x"}. Where a pattern names several fields that
// lie in the same array of objects, they must be found in the same element.
//
// Source: EventBridge user guide, "Event pattern syntax" and "Comparison operators"; the recorded
// answers of TestEventPattern.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/events/condition.h"

namespace lifeboat::local::events {

// At most this many combinations may come out of a pattern's "$or" branches.
inline constexpr std::size_t kMostAlternatives = 1000;

class Pattern {
  public:
    using Conditions = std::vector<Condition>;
    struct Field {
        std::string path;
        std::string source;  // the array as written
        std::shared_ptr<const Conditions> conditions;
    };
    // All fields must fit.
    using Alternative = std::vector<Field>;

    // Throws Error{InvalidInput, "InvalidEventPatternException"} in EventBridge's words:
    // "Event pattern is not valid. Reason: ...", with the place where it went wrong.
    static Pattern compile(std::string_view text);

    // Thread-safe. Time is bounded whatever the pattern and the event: a search over contradicting
    // array elements that does not come to an end soon counts as no match.
    bool matches(const Json& event) const;

  private:
    std::vector<Alternative> alternatives_;  // each sorted by path
};

}  // namespace lifeboat::local::events
