// The FilterCriteria of an event source mapping: which records reach the function.
// Source: Lambda developer guide, "Control which events Lambda sends to your function".
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/events/pattern.h"

namespace lifeboat::local::lambda {

class EventFilter {
  public:
    // `patterns` were checked when the mapping was made. None: everything passes.
    explicit EventFilter(const std::vector<std::string>& patterns);

    // `record` is in Lambda's event form.
    bool passes_stream_record(const Json& record) const;
    // A body that is JSON is matched as what it says, any other as a string.
    bool passes_message(const Json& record) const;

  private:
    bool passes(const Json& record) const;

    std::vector<events::Pattern> patterns_;
};

}  // namespace lifeboat::local::lambda
