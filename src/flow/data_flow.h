// How data passes through a state: InputPath, Parameters, ResultSelector, ResultPath, OutputPath,
// Assign, and the context object. Functions throw Error{InvalidInput} whose code is the States.*
// name of the failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/execution.h"
#include "flow/machine.h"
#include "flow/scope.h"
#include "flow/value.h"

namespace lifeboat::flow {

// The context object "$$" as seen from a lane, and the variables visible there; `input` becomes
// "$".
Scope scope_of(const Execution& execution, const Lane& lane, Value input, Random& random);
// The same inside the ItemSelector of a Map, where $$.Map.Item is the item in question.
Scope item_scope_of(const Execution& execution, const Lane& lane, Value input, std::size_t index,
                    Random& random);

// The same once per item of a distributed Map. A scope is good until the next is asked for.
class ItemScope {
  public:
    ItemScope(const Execution& execution, const Lane& lane, Value input, Random& random);
    const Scope& of(std::size_t index, const Value& item);

  private:
    // All items together may cost as much as so many steps.
    static constexpr int kSteps = 20;

    std::shared_ptr<Json> context_;
    Scope scope_;
    std::shared_ptr<Effort> effort_ = std::make_shared<Effort>(kSteps);
};

// With the token of a task in $$.Task.Token.
Scope token_scope_of(const Execution& execution, const Lane& lane, Value input, Random& random,
                     const std::string& token);

// What InputPath leaves of scope.input.
Value apply_input_path(const State& state, const Scope& scope);
// `input` put through Parameters (or unchanged).
Value apply_parameters(const Value& parameters, const Value& input, Scope scope);
// `result` stored into `raw_input` by ResultPath. "States.ResultPathMatchFailure" when it cannot.
Value apply_result_path(const PathSetting& setting, const Value& raw_input, const Value& result);
Value apply_output_path(const State& state, const Value& output, Scope scope);
// The variables an Assign sets; `result` is "$" there. An object, empty without Assign.
Json evaluate_assign(const Value& assign, const Value& result, Scope scope);

// The number, or nullopt when the setting is absent. "States.Runtime" when the path does not lead
// to a whole number that is not negative.
std::optional<std::int64_t> resolve_number(const NumberSetting& setting, const Scope& scope);

// When a Wait state that was entered at `entered` ends.
Time wait_until(const State& state, const Scope& scope, Time entered);

}  // namespace lifeboat::flow
