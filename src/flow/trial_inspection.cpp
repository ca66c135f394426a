#include "flow/trial_inspection.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/item_formats.h"
#include "flow/item_source.h"

namespace lifeboat::flow {

TrialInspection::TrialInspection(const Execution& execution, const State& state, std::uint64_t seed,
                                 Time now, Value document)
    : execution_(execution),
      state_(state),
      seed_(seed),
      now_(now),
      document_(std::move(document)) {}

Scope TrialInspection::scope(Random& random) const {
    const Lane& lane = execution_.lane(0);
    return scope_of(execution_, lane, lane.input, random);
}

void TrialInspection::note_input() {
    note("input", to_text(*execution_.lane(0).input));
    try {
        note_way_in();
    } catch (const Error& error) {
        // The state itself meets it too, and says so.
        if (!error.code().starts_with("States.")) throw;
    }
}

void TrialInspection::note_way_in() {
    SeededRandom same(seed_);
    const Scope here = scope(same);
    if (!is_jsonata()) note("afterInputPath", to_text(*apply_input_path(state_, here)));
    if (state_.type == StateType::Map) return note_map();
    if (is_jsonata() || state_.type != StateType::Pass) return;
    const Value parameters =
        apply_parameters(state_.parameters, apply_input_path(state_, here), here);
    note_arguments(to_text(*parameters));
    note_result(state_.result != nullptr ? state_.result : parameters);
}

void TrialInspection::note_map() {
    SeededRandom same(seed_);
    const MapFields fields(state_, scope(same), now_);
    const auto found = fields.items();
    const Value items = found ? *found : read_items();
    if (found && !is_jsonata()) note("afterItemsPath", to_text(*items));
    if (const auto most = fields.max_concurrency()) note("maxConcurrency", *most);
    tolerated_count_ = fields.tolerated_count();
    tolerated_percentage_ = fields.tolerated_percentage();
    if (tolerated_count_) note("toleratedFailureCount", *tolerated_count_);
    if (tolerated_percentage_) note("toleratedFailurePercentage", *tolerated_percentage_);
    if (items == nullptr) return;
    if (!found) note("afterItemsPointer", to_text(*items));
    item_count_ = static_cast<std::int64_t>(items->size());
    ItemScope scopes(execution_, execution_.lane(0), fields.input(), same);
    std::vector<Value> selected;
    for (const Json& item : *items)
        selected.push_back(make_value(item));
    selected = fields.select(std::move(selected), scopes);
    const auto list = [](const std::vector<Value>& values) {
        Json all = Json::array();
        for (const Value& value : values)
            all.push_back(*value);
        return to_text(all);
    };
    if (fields.has_selector()) note("afterItemSelector", list(selected));
    if (state_.distributed == nullptr || !state_.distributed->batcher) return;
    note("afterItemBatcher", list(batched(selected, fields.batch_max_items(),
                                          fields.batch_max_bytes(), fields.batch_input())));
}

Value TrialInspection::read_items() const {
    if (document_ == nullptr) return nullptr;
    Json all = Json::array();
    for (const Value& item :
         items_of(items_at(*document_, state_.distributed->reader->pointer), std::nullopt))
        all.push_back(*item);
    return make_value(std::move(all));
}

void TrialInspection::note_arguments(const std::string& text) {
    note(is_jsonata() ? "afterArguments" : "afterParameters", text);
}

void TrialInspection::note_result(const Value& result) {
    note("result", to_text(*result));
    if (is_jsonata()) return;
    SeededRandom same(seed_);
    try {
        const Value selected = apply_parameters(state_.result_selector, result, scope(same));
        note("afterResultSelector", to_text(*selected));
        note("afterResultPath",
             to_text(*apply_result_path(state_.result_path, execution_.lane(0).input, selected)));
    } catch (const Error& error) {
        if (!error.code().starts_with("States.")) throw;
    }
}

void TrialInspection::note(const char* member, const Json& value) {
    data_[member] = make_value(value);
}

Value TrialInspection::data() const {
    Json data = Json::object();
    for (const auto& [member, value] : data_)
        data[member] = *value;
    return make_value(std::move(data));
}

}  // namespace lifeboat::flow
