// What TestState shows of the data on its way through a state, in either query language.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "flow/execution.h"
#include "flow/machine.h"
#include "flow/map_fields.h"

namespace lifeboat::flow {

class TrialInspection {
  public:
    // Of the state lane 0 is in. `seed` is that of the state's own random numbers, so that the same
    // ones are shown. `document` is what an ItemReader would have read; null: nobody
    // said. Both
    // references must outlive it.
    TrialInspection(const Execution& execution, const State& state, std::uint64_t seed, Time now,
                    Value document);

    // What the input becomes on its way in, as far as it gets.
    void note_input();
    // JSON text of what a task is called with.
    void note_arguments(const std::string& text);
    // What the work gave.
    void note_result(const Value& result);
    void note(const char* member, const Json& value);

    // Of a Map; only after note_input, and only when they could be found.
    std::optional<std::int64_t> item_count() const { return item_count_; }
    std::optional<std::int64_t> tolerated_count() const { return tolerated_count_; }
    std::optional<double> tolerated_percentage() const { return tolerated_percentage_; }

    // The members of InspectionData that apply.
    Value data() const;

  private:
    bool is_jsonata() const { return state_.expressions != nullptr; }
    Scope scope(Random& random) const;
    void note_way_in();
    void note_map();
    Value read_items() const;

    const Execution& execution_;
    const State& state_;
    std::uint64_t seed_;
    Time now_;
    Value document_;
    std::optional<std::int64_t> item_count_, tolerated_count_;
    std::optional<double> tolerated_percentage_;
    std::map<std::string, Value> data_;
};

}  // namespace lifeboat::flow
