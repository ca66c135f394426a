#include "flow/map_fields.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/item_formats.h"
#include "flow/payload.h"

namespace lifeboat::flow {
namespace {

constexpr double kWhole = 100;  // percent

std::string joined(std::initializer_list<const char*> place) {
    std::string name;
    for (const char* part : place)
        name += (name.empty() ? "" : "/") + std::string(part);
    return name;
}

}  // namespace

MapFields::MapFields(const State& state, Scope scope, Time now)
    : state_(state), scope_{std::move(scope), nullptr, nullptr, now} {
    if (state_.expressions == nullptr) scope_.scope.input = apply_input_path(state_, scope_.scope);
}

const Json* MapFields::expression(Place place) const {
    const Json* found = state_.expressions.get();
    for (const char* part : place)
        found = found == nullptr ? nullptr : find(*found, part);
    return found;
}

std::optional<std::int64_t> MapFields::number(const NumberSetting& setting, Place place,
                                              std::int64_t least) const {
    if (const Json* given = expression(place))
        return evaluate_integer(*given, joined(place), least, scope_);
    return resolve_number(setting, scope_.scope);
}

Value MapFields::payload(const Value& parameters, Place place) const {
    if (state_.expressions == nullptr)
        return parameters == nullptr ? nullptr
                                     : apply_parameters(parameters, input(), scope_.scope);
    const Json* given = expression(place);
    return given == nullptr ? nullptr : make_value(evaluate_jsonata(*given, joined(place), scope_));
}

std::optional<Value> MapFields::items() const {
    if (state_.distributed != nullptr && state_.distributed->reader) return std::nullopt;
    Value items = input();
    if (state_.expressions != nullptr) {
        if (Value given = payload(nullptr, {"Items"})) items = std::move(given);
    } else if (state_.items_path) {
        items = make_value(state_.items_path->require(scope_.scope));
    }
    if (items->is_structured())
        payload_text(*items, "The state/task '" + state_.name + "' is given items");
    if (items->is_array()) return items;
    if (items->is_object() && state_.distributed != nullptr) {
        Json pairs = Json::array();
        for (const Value& pair : items_of(*items, std::nullopt))
            pairs.push_back(*pair);
        return make_value(std::move(pairs));
    }
    if (state_.expressions != nullptr)
        throw Error(ErrorCategory::InvalidInput, "States.QueryEvaluationError",
                    "Map state input must be an array but was: " + to_text(*items),
                    Json{{"location", "Items"}});
    throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                "Reference path \"" +
                    (state_.items_path ? state_.items_path->text() : std::string("$")) +
                    "\" must point to array.");
}

std::vector<Value> MapFields::select(std::vector<Value> items, ItemScope& scopes) const {
    MapData data;
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i] = select_one(items[i], scopes.of(i, items[i]));
        if (!data.add(*items[i]))
            throw Error(ErrorCategory::InvalidInput, "States.DataLimitExceeded",
                        "The state/task '" + state_.name +
                            "' gives its child executions inputs with a size together exceeding "
                            "the maximum of " +
                            std::to_string(kMostMapData) + " bytes.");
    }
    return items;
}

Value MapFields::select_one(const Value& item, const Scope& around) const {
    if (state_.expressions == nullptr)
        return state_.item_selector == nullptr
                   ? item
                   : apply_parameters(state_.item_selector, input(), around);
    const Json* given = expression({"ItemSelector"});
    if (given == nullptr) return item;
    JsonataScope here = scope_;
    here.scope = around;
    return make_value(evaluate_jsonata(*given, "ItemSelector", here));
}

bool MapFields::has_selector() const {
    return state_.item_selector != nullptr || expression({"ItemSelector"}) != nullptr;
}

std::optional<std::int64_t> MapFields::max_concurrency() const {
    return number(state_.max_concurrency, {"MaxConcurrency"}, 0);
}

std::optional<std::int64_t> MapFields::tolerated_count() const {
    return number(state_.tolerated_count, {"ToleratedFailureCount"}, 0);
}

std::optional<double> MapFields::tolerated_percentage() const {
    const auto in_range = [](double number) { return number >= 0 && number <= kWhole; };
    if (const Json* given = expression({"ToleratedFailurePercentage"})) {
        const Json found = evaluate_jsonata(*given, "ToleratedFailurePercentage", scope_);
        if (found.is_number() && in_range(found.get<double>())) return found.get<double>();
        throw Error(ErrorCategory::InvalidInput, "States.QueryEvaluationError",
                    "The ToleratedFailurePercentage field returned " + to_text(found) +
                        ", which is not a number from 0 to 100",
                    Json{{"location", "ToleratedFailurePercentage"}});
    }
    const PercentageSetting& setting = state_.tolerated_percentage;
    if (!setting.path) return setting.literal;
    const std::string& path = setting.path->text();
    const auto fail = [](const std::string& problem) {
        return Error(ErrorCategory::InvalidInput, "States.Runtime", problem);
    };
    const auto found = setting.path->find(scope_.scope);
    if (!found)
        throw fail("The ToleratedFailurePercentagePath field refers to '" + path +
                   "', which could not be found in the input");
    if (!found->is_number())
        throw fail("The ToleratedFailurePercentagePath field refers to value \"" +
                   (found->is_string() ? found->get<std::string>() : to_text(*found)) +
                   "\" which is not a valid float: " + path);
    if (!in_range(found->get<double>()))
        throw fail("ToleratedFailurePercentage must be between 0 and 100.");
    return found->get<double>();
}

Json MapFields::reader_arguments() const {
    return *payload(state_.distributed->reader->parameters, {"ItemReader", "Arguments"});
}

std::optional<std::int64_t> MapFields::reader_max_items() const {
    return number(state_.distributed->reader->max_items, {"ItemReader", "ReaderConfig", "MaxItems"},
                  0);
}

std::optional<std::int64_t> MapFields::batch_max_items() const {
    return number(state_.distributed->batcher->max_items, {"ItemBatcher", "MaxItemsPerBatch"}, 1);
}

std::optional<std::int64_t> MapFields::batch_max_bytes() const {
    return number(state_.distributed->batcher->max_bytes, {"ItemBatcher", "MaxInputBytesPerBatch"},
                  1);
}

Value MapFields::batch_input() const {
    return payload(state_.distributed->batcher->input, {"ItemBatcher", "BatchInput"});
}

Json MapFields::writer_arguments() const {
    const auto& writer = state_.distributed->writer;
    if (!writer || !writer->exported) return nullptr;
    return *payload(writer->parameters, {"ResultWriter", "Arguments"});
}

}  // namespace lifeboat::flow
