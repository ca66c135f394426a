// The settings of a Map, above all a distributed one, as they are when the state runs, whichever
// query language the state is written in. Evaluating them changes nothing and may be done again.
//
// All throw Error{InvalidInput} whose code is the States.* name of the failure.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "flow/data_flow.h"
#include "flow/machine.h"
#include "flow/query_language.h"
#include "flow/scope.h"

namespace lifeboat::flow {

class MapFields {
  public:
    // `scope` is the lane's, its input the state's raw input. `state` must outlive it.
    MapFields(const State& state, Scope scope, Time now);

    // What InputPath leaves of the input; in JSONata the input.
    const Value& input() const { return scope_.scope.input; }

    // The array of items given in the input, or none when an ItemReader brings them.
    // "States.DataLimitExceeded" when it is larger than an input may be.
    std::optional<Value> items() const;
    // What the ItemSelector makes of the items; `scopes` are of this Map.
    // "States.DataLimitExceeded" when that is more than a map run may have.
    std::vector<Value> select(std::vector<Value> items, ItemScope& scopes) const;
    bool has_selector() const;

    std::optional<std::int64_t> max_concurrency() const;
    std::optional<std::int64_t> tolerated_count() const;
    std::optional<double> tolerated_percentage() const;

    // Of the ItemReader, which must be there.
    Json reader_arguments() const;
    std::optional<std::int64_t> reader_max_items() const;
    // Of the ItemBatcher, which must be there. The input is null when it has none.
    std::optional<std::int64_t> batch_max_items() const;
    std::optional<std::int64_t> batch_max_bytes() const;
    Value batch_input() const;
    // Null when nothing is exported.
    Json writer_arguments() const;

  private:
    using Place = std::initializer_list<const char*>;

    // The expression at a place among those of the state; null in a state of JSONPath too.
    const Json* expression(Place place) const;
    std::optional<std::int64_t> number(const NumberSetting& setting, Place place,
                                       std::int64_t least) const;
    // A template, or what stands at `place` in a state of JSONata; null when there is neither.
    Value payload(const Value& parameters, Place place) const;
    // `around` is the scope in which $$.Map.Item is this item.
    Value select_one(const Value& item, const Scope& around) const;

    const State& state_;
    JsonataScope scope_;
};

}  // namespace lifeboat::flow
